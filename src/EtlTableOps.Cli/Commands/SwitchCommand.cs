using System.CommandLine;
using EtlTableOps.Cli.Output;
using EtlTableOps.Observability;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>switch</c>: the exchange of names.</summary>
internal static class SwitchCommand
{
    public static Command Create()
    {
        var table = CommonOptions.Table();
        var stall = CommonOptions.Duration("--stall-budget", "How long other people's statements may be made to wait, in one piece", SwitchRequest.DefaultStallBudget);
        var tryFor = CommonOptions.Duration("--try-for", "How long the lock is tried for before giving up", SwitchRequest.DefaultTryFor);
        var keep = new Option<int>("--keep-versions") { Description = "Kept versions after the switch; older ones are dropped.", HelpName = "count", DefaultValueFactory = _ => new SwitchRequest("").KeepVersions };
        keep.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError("--keep-versions takes 1 or more: without a kept version there is no way back.");
        });
        var swap = new Option<string?>("--swap-id") { Description = "The swap that is meant. With it a pipeline's retry is safe: a switch that is done already is reported as done, and not done again.", HelpName = "swap" };
        var method = CommonOptions.Method("The way that the shadow was built for when left out.");
        var undoable = new Option<TimeSpan?>("--undoable")
        {
            Description = "How long an undo shall be able to keep rows that are written after the switch, such as 24h or 7d: their keys are logged for as long. 0 logs none. On SQLite and PostgreSQL 24h when left out; on Snowflake, where it costs writers nothing, without an end.",
            HelpName = "time",
            CustomParser = result => CommonOptions.Read(result, text => (TimeSpan?)Human.ParseDuration(text)),
        };
        var old = CommonOptions.IgnoreOldSnapshots();
        var choices = new ChoiceOptions();
        var command = new Command("switch", "Exchanges the names: the proven shadow goes live, the live table becomes a kept version.") { table, method, swap, stall, tryFor, keep, undoable, old, choices.Streams, choices.MaterializedViews, choices.Pipes, choices.DynamicTables, CommonOptions.Yes }.Changing();
        CommandRun.Bind(command, run =>
        {
            var request = new SwitchRequest(run.Parsed.GetRequiredValue(table))
            {
                SwapId = run.Parsed.GetValue(swap),
                StallBudget = run.Parsed.GetValue(stall) ?? SwitchRequest.DefaultStallBudget,
                TryFor = run.Parsed.GetValue(tryFor) ?? SwitchRequest.DefaultTryFor,
                Method = run.Parsed.GetValue(method),
                Undoable = run.Parsed.GetValue(undoable),
                IgnoreOldSnapshots = run.Parsed.GetValue(old),
                Choices = choices.Read(run.Parsed),
                KeepVersions = run.Parsed.GetValue(keep),
            };
            return run.ChangeAsync(
                Question.Ask,
                (operations, token) => operations.SwitchAsync(request, token),
                done => JsonLine.Success(command.Name, done),
                run.Text.Show,
                Outcome);
        });
        return command;
    }

    /// <summary>A swap whose later work is not finished is done, and says that a repair is due.</summary>
    public static ExitCode Outcome(TableSwap swap) => swap.Pending.Count > 0 ? ExitCode.CleanUpPending : ExitCode.Done;
}
