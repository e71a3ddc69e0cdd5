using System.Globalization;
using EtlTableOps;
using EtlTableOps.Composition;
using EtlTableOps.Errors;
using EtlTableOps.Shadows;
using EtlTableOps.TestHost;

// Arguments: connection text, operation, table, and where to die: the number of the event, or milliseconds with "ms" behind; "freeze" and a number stops the
// process there, "never" lets it live. Then, if wanted, the stall budget of a switch or an undo in milliseconds.
// Exit code 0: the operation ended; the process dies by SIGKILL otherwise.
var death = args[3].EndsWith("ms", StringComparison.Ordinal)
    ? Death.After(TimeSpan.FromMilliseconds(int.Parse(args[3][..^2], CultureInfo.InvariantCulture)))
    : args[3] == "never" ? Death.Never()
    : args[3].StartsWith("freeze", StringComparison.Ordinal) ? Death.FrozenAtEvent(int.Parse(args[3]["freeze".Length..], CultureInfo.InvariantCulture))
    : Death.AtEvent(int.Parse(args[3], CultureInfo.InvariantCulture));
var budget = args.Length > 4 ? TimeSpan.FromMilliseconds(double.Parse(args[4], CultureInfo.InvariantCulture)) : TimeSpan.FromSeconds(2);
var database = await EngineList.ConnectAsync(args[0], null, null, null, CancellationToken.None);
var operations = new TableOperations(database, death);
try
{
    await RunAsync(operations, args[1], args[2], budget);
    return 0;
}
catch (EtlException e)
{
    await Console.Error.WriteLineAsync($"{e.Code}: {e}");
    return 1;
}

static async Task RunAsync(TableOperations operations, string operation, string table, TimeSpan budget)
{
    var never = CancellationToken.None;
    switch (operation)
    {
        case "build":
            var change = new DeclaredChange { Add = [new AddedColumn("twice", "integer", "user_id * 2")] };
            await (await operations.NewShadowAsync(new NewShadowRequest(table) { Change = change }, never)).RunAsync(never);
            break;
        case "import":
            await (await operations.ImportAsync(new ImportRequest(table) { FromTable = "more_events" }, never)).RunAsync(never);
            break;
        case "sync":
            await (await operations.SyncAsync(new SyncRequest(table), never)).RunAsync(never);
            break;
        case "test":
            await (await operations.TestAsync(new TestRequest(table), never)).RunAsync(never);
            break;
        case "switch":
            await (await operations.SwitchAsync(new SwitchRequest(table) { KeepVersions = 1, StallBudget = budget }, never)).RunAsync(never);
            break;
        case "undo":
            await (await operations.UndoAsync(new UndoRequest(table) { StallBudget = budget }, never)).RunAsync(never);
            break;
        case "remove":
            await (await operations.RemoveShadowAsync(new RemoveShadowRequest(table), never)).RunAsync(never);
            break;
        case "repair":
            await (await operations.RepairAsync(new RepairRequest { Table = table }, never)).RunAsync(never);
            break;
        default:
            throw new ArgumentException($"No operation '{operation}'.", nameof(operation));
    }
}
