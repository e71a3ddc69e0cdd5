using System.CommandLine;
using EtlTableOps.Cli.Demo;
using EtlTableOps.Cli.Output;
using EtlTableOps.Engines;
using EtlTableOps.Errors;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>demo</c>: the whole job on a table of its own, under load.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var rows = new Option<int>("--rows") { Description = "Rows that the table begins with.", HelpName = "count", DefaultValueFactory = _ => 1_000_000 };
        rows.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1_000 or > 100_000_000) result.AddError("--rows takes 1000 to 100000000.");
        });
        var keep = new Option<bool>("--keep") { Description = "Leaves the database there and says where." };
        // An option of its own, which no environment variable fills in: a demo never lands in the database of the day by itself.
        var connection = new Option<string?>("--connection", "-c") { Description = "A database for the demo's own tables; an embedded one in a temporary folder when left out.", HelpName = "text" };
        var command = new Command("demo", "Makes a table, lets readers and writers work on it, changes it with the whole job, undoes it, and reports what that cost them.")
        {
            rows, keep, connection, CommonOptions.Json, CommonOptions.Quiet, CommonOptions.Verbose,
        };
        CommandRun.Bind(command, run => RunAsync(
            run,
            new DemoEvents(run.Parsed.GetValue(rows), DateTime.SpecifyKind(DateTime.UtcNow.Date, DateTimeKind.Unspecified)),
            run.Parsed.GetValue(connection),
            run.Parsed.GetValue(keep)));
        return command;
    }

    private static async Task<ExitCode> RunAsync(CommandRun run, DemoEvents events, string? connection, bool keep)
    {
        using var place = DemoDatabase.Create(keep);
        var database = await place.ConnectAsync(connection, CommandRun.Password, run.Token);
        var world = new DemoWorld(database, events);
        DemoReport report;
        try
        {
            report = await run.Display.WhileAsync(() => new DemoRun(database, events, place.NewEvents, run.Display).RunAsync(world, run.Token));
        }
        finally
        {
            // A folder of our own is removed as a whole; a database of somebody else's is tidied table by table.
            if (connection is not null && !keep) await TidyAsync(run, world);
        }
        if (keep) report = report with { KeptAt = connection is null ? place.Folder : database.Display };
        var code = report.BrokenPromises.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        run.Tell(code, () => JsonLine.Success("demo", report), () => DemoText.Show(run.Terminal.Out, report));
        return code;
    }

    private static async Task TidyAsync(CommandRun run, DemoWorld world)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await world.RemoveAsync(limit.Token);
        }
        catch (Exception e) when (e is EtlException or OperationCanceledException)
        {
            // What led here, if anything, is more important than this; the next demo tidies up by its mark.
            run.Display.OnEvent(new Observability.RunWarning($"The demo's tables could not be removed: {e.Message}"));
        }
    }
}
