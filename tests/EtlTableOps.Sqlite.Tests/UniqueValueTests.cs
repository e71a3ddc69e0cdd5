namespace EtlTableOps.Sqlite.Tests;

/// <summary>Rows exchange the values of another unique key while they are brought over in batches: a batch may hold one of them and not the other.</summary>
[Trait("Promise", "2")]
public sealed class UniqueValueTests : TestFile
{
    // The first batch ends among the three changes of an exchange, and a row further back has a value of one in the first.
    private const string Exchange = """
        UPDATE t SET v = 'a' WHERE id <= 199;
        UPDATE t SET place = -1 WHERE id = 900; UPDATE t SET place = 900 WHERE id = 901; UPDATE t SET place = 901 WHERE id = 900;
        UPDATE t SET v = 'b' WHERE id BETWEEN 200 AND 800;
        UPDATE t SET place = -1 WHERE id = 1; UPDATE t SET place = 1 WHERE id = 899; UPDATE t SET place = 899 WHERE id = 1
        """;

    [Theory]
    [InlineData("ABORT")]
    [InlineData("IGNORE")]
    [InlineData("REPLACE")]
    public async Task They_are_brought_over_and_back(string conflict)
    {
        Run($"CREATE TABLE t (id INTEGER PRIMARY KEY, place INT UNIQUE ON CONFLICT {conflict}, v TEXT)");
        Run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT i, i, NULL FROM n");
        await BuildAsync("t");
        Run(Exchange);
        Assert.Equal(0, (await (await Operations.SyncAsync(new SyncRequest("t"), Token)).RunAsync(Token)).Lag);
        var expected = Content();
        await ProveAsync("t");
        await SwitchAsync("t");
        Assert.Equal(expected, Content());

        Run(Exchange);
        expected = Content();
        await UndoAsync("t");
        Assert.Equal(expected, Content());
    }

    private string? Content() => One("SELECT group_concat(id || '|' || place || '|' || coalesce(v, ''), ',') FROM (SELECT * FROM t ORDER BY id)");
}
