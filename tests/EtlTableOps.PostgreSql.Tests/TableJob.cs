using EtlTableOps.Composition;
using EtlTableOps.Engines;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>The operations on one table, in one line each.</summary>
internal sealed class TableJob(PostgreSqlDatabase database, string table, CancellationToken token, string? user = null)
{
    public async Task<T> RunAsync<T>(Func<TableOperations, Task<PreparedOperation<T>>> prepare)
    {
        var connected = await EngineList.ConnectAsync(database.ConnectionText, null, user, null, token);
        return await (await prepare(new TableOperations(connected))).RunAsync(token);
    }

    public Task<ShadowTable> BuildAsync(DeclaredChange? change = null) =>
        RunAsync(o => o.NewShadowAsync(new NewShadowRequest(table) { Change = change ?? new DeclaredChange(), Force = true }, token));

    public Task<ShadowTable> SyncAsync() => RunAsync(o => o.SyncAsync(new SyncRequest(table), token));

    public Task<ShadowTestResult> TestAsync() => RunAsync(o => o.TestAsync(new TestRequest(table), token));

    public async Task ProveAsync()
    {
        var proof = await TestAsync();
        Assert.True(proof.Passed, string.Join("\n", proof.Checks.Where(c => !c.Passed).Select(c => $"{c.Name}: {c.Message} expected {c.Expected} found {c.Found}")));
    }

    public Task<TableSwap> SwitchAsync() => RunAsync(o => o.SwitchAsync(new SwitchRequest(table), token));

    public Task<TableSwap> UndoAsync() => RunAsync(o => o.UndoAsync(new UndoRequest(table) { Force = true }, token));

    public Task<IReadOnlyList<TableVersion>> RemoveVersionsAsync() => RunAsync(o => o.RemoveVersionsAsync(new RemoveVersionsRequest(table) { Keep = 0 }, token));

    public async Task<TableSwap> ReplaceAsync(DeclaredChange? change = null)
    {
        await BuildAsync(change);
        await ProveAsync();
        return await SwitchAsync();
    }

    public async Task<TableShape> ShapeAsync()
    {
        var connected = await EngineList.ConnectAsync(database.ConnectionText, null, user, null, token);
        await using var session = await connected.OpenSessionAsync(token);
        return (await session.ReadShapeAsync(TableName.Parse(table, IdentifierFolding.Lower), token))!;
    }

    public static IReadOnlyList<string> Lines(TableShape shape) => [.. shape.Attachments.Select(a => $"{a.Kind} {a.Name}: {a.Definition}").Order(StringComparer.Ordinal)];
}
