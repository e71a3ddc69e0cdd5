using System.Text;
using EtlTableOps.Composition;
using EtlTableOps.Errors;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>A COPY says only at its end which row it refused; the user is told that row's line all the same.</summary>
public sealed class LateRefusalTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    [Fact]
    public async Task A_row_refused_at_the_end_of_a_long_load_is_named_by_its_own_line()
    {
        await Database.ExecuteAsync("CREATE TABLE events(id int PRIMARY KEY, note text)");
        var operations = new TableOperations(await EngineList.ConnectAsync(Database.ConnectionText, null, null, null, Token));
        await (await operations.NewShadowAsync(new NewShadowRequest("events"), Token)).RunAsync(Token);
        // Line 1 is the header; every third row takes two lines, which the refused one, row 1000 from 0, has 334 of before it.
        var csv = new StringBuilder("id,note\n");
        for (var i = 0; i < 5000; i++) csv.Append(i == 1000 ? 7 : i).Append(i % 3 == 0 ? ",\"two\nlines\"\n" : ",one\n");
        await using var rows = RowSources.Open(new MemoryStream(Encoding.UTF8.GetBytes(csv.ToString())), "events.csv", new RowFileOptions { Format = RowFileFormat.Csv });

        var e = await Assert.ThrowsAsync<EtlException>(async () => await (await operations.ImportAsync(new ImportRequest("events") { Rows = rows }, Token)).RunAsync(Token));

        Assert.Equal(ErrorCode.BadRow, e.Code);
        Assert.StartsWith("events.csv, line 1336, ", e.Message, StringComparison.Ordinal);
        Assert.Contains("Key (id)=(7) already exists", e.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await Database.ScalarAsync<long>("SELECT count(*) FROM events_new"));
    }
}
