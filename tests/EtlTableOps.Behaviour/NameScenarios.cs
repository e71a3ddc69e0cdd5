using System.Text;
using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>Any legal name of a table, column or index goes through the whole job, and no name becomes SQL.</summary>
public abstract class NameScenarios : EngineScenarios
{
    public static TheoryData<string> Names => new()
    {
        "All Events",
        "MixedCase",
        "select",
        "a\"b\"\"c",
        "naïve 🐦 価格",
        "x'; DROP TABLE taken; --",
        "dot.in.name",
        "@param :p $1 ?",
        "tab\tand\nline",
        "back\\slash [b] `t` %s {0}",
        "1starts with a digit",
        "LONG",
        "LONG é",
    };

    [Theory]
    [MemberData(nameof(Names))]
    public Task A_name_goes_through_the_whole_job(string name) => WholeJobAsync(name switch
    {
        "LONG" => new string('n', World.LongestName),
        "LONG é" => new string('é', World.LongestName / 2),
        _ => name,
    });

    [Fact]
    public async Task Names_at_random_go_through_the_whole_job()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] pieces = ["a", "B", " ", "\"", "'", ".", ";", "--", "/*", "*/", "$$", "é", "🐦", "\\", "%", "(", ")", ",", "@x", "?", "NULL", "0", "\t"];
        for (var i = 0; i < 5; i++)
        {
            var name = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => pieces[random.Next(pieces.Length)]));
            if (name.Trim().Length == 0) name += "x";
            try
            {
                await WholeJobAsync(name);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"name <{name}> (seed {seed}): {e.Message}", e);
            }
            await World.ExecuteAsync($"DROP TABLE {Quoted(name)}");
        }
    }

    private async Task WholeJobAsync(string name)
    {
        var table = Quoted(name);
        var column = Quoted(name);
        await World.ExecuteAsync("CREATE TABLE IF NOT EXISTS taken (x integer)");
        await World.ExecuteAsync($"CREATE TABLE {table} (id integer NOT NULL PRIMARY KEY, {column} text)");
        var index = Encoding.UTF8.GetByteCount(name) + 3 > World.LongestName ? "plain_index" : "ix " + name;
        await World.ExecuteAsync($"CREATE INDEX {Quoted(index)} ON {table} ({column})");
        await World.ExecuteAsync($"INSERT INTO {table} VALUES (1, 'one'), (2, NULL), (3, 'three')");
        var described = await World.DescribeAsync(name);

        var added = name.Length > 30 ? "added" : name + "2";
        var shadow = await BuildAsync(new DeclaredChange { Add = [new AddedColumn(added, "text", $"{column} || '!'")], Where = $"{column} IS NOT NULL OR id = 2" }, table: table);
        await World.ExecuteAsync($"UPDATE {table} SET {column} = 'drei' WHERE id = 3");
        await SyncAsync(shadow.Table);
        await using (var rows = new ListRows("objects", [name, "id"], [["four", "4"]]))
            await ImportAsync(new ImportRequest(table) { Rows = rows });
        await ProveAsync(table);
        var swap = await SwitchAsync(table);
        Assert.Empty(swap.Differences);
        Assert.Equal(["1 | one | one!", "2 | ∅ | ∅", "3 | drei | drei!", "4 | four | ∅"], await World.RowsAsync($"SELECT * FROM {table}"));
        Assert.Empty(described.Except(await World.DescribeAsync(name)));
        await UndoAsync(table, to: swap.Version);
        Assert.Equal(described, await World.DescribeAsync(name));
        await RunAsync(await Operations.RemoveVersionsAsync(new RemoveVersionsRequest(table) { Keep = 0 }, Token));
        await NothingLeftAsync(name);
        Assert.Equal(0, await World.CountAsync("SELECT count(*) FROM taken"));
    }

    private static string Quoted(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
