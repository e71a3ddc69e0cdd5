using EtlTableOps.Cli.Output;
using EtlTableOps.Observability;
using Spectre.Console;

namespace EtlTableOps.Cli.Demo;

/// <summary>The demo's summary for people.</summary>
internal static class DemoText
{
    public static void Show(IAnsiConsole console, DemoReport report)
    {
        var held = report.BrokenPromises.Count == 0;
        console.WriteLine();
        console.Write(new Text(
            held
                ? $"Every promise held: {Figures.Rows(report.Rows)} replaced and put back under load.\n"
                : "A PROMISE BROKE:\n",
            new Style(held ? Color.Green : Color.Red, decoration: Decoration.Bold)));
        foreach (var promise in report.BrokenPromises) console.Write(new Text($"  promise {promise}\n", new Style(Color.Red)));

        var table = new Table().Border(TableBorder.Minimal);
        table.AddColumn(new TableColumn("stage").NoWrap());
        foreach (var name in (string[])["time", "rows", "max read", "max write"]) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var stage in report.Stages)
            table.AddRow(stage.Title, Human.Duration(stage.Elapsed), stage.Rows > 0 ? Human.Count(stage.Rows) : "", Wait(stage.LongestReadMs), Wait(stage.LongestWriteMs));
        console.Write(table);

        var facts = new Grid();
        facts.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(2, 0, 2, 0) });
        facts.AddColumn(new GridColumn { Padding = new Padding(0) });
        Add(facts, "consumers", $"{DemoCrowd.Readers} readers, {DemoCrowd.Writers} writers: {Human.Count(report.Reads)} reads, {Human.Count(report.Writes)} write transactions, {DemoCrowd.PerSecond:0} a second in all; {Human.Count(report.Failures)} failed");
        foreach (var message in report.FailureMessages.Take(3)) Add(facts, "", message);
        Add(facts, "longest stall", $"{Figures.Milliseconds(report.LongestStallMs)} around switch and undo, queueing counted ({Figures.Milliseconds(report.CalmStallMs)} with nothing going on)");
        Add(facts, "locks held", $"{Figures.Milliseconds(report.SwitchHeldMs)} by the switch, {Figures.Milliseconds(report.UndoHeldMs)} by the undo (stall budget {Figures.Milliseconds(report.StallBudgetMs)})");
        Add(facts, "rows", $"{Human.Count(report.RowsLost)} lost, {Human.Count(report.RowsDoubled)} doubled, {Human.Count(report.RowsWrong)} wrong of {Human.Count(report.RowsVerified)} verified against the writers' ledger");
        Add(facts, "undo", report.RowsKept == report.RowsWrittenBetween
            ? $"kept all {Figures.Rows(report.RowsKept)} that were written since the switch"
            : $"kept {Figures.Rows(report.RowsKept)} of {Figures.Rows(report.RowsWrittenBetween)} that were written since the switch");
        Add(facts, "in all", Human.Duration(report.Elapsed));
        if (report.KeptAt is { } place) Add(facts, "kept at", place);
        console.Write(facts);
    }

    private static string Wait(double? milliseconds) => milliseconds is { } known ? Figures.Milliseconds(known) : "";

    private static void Add(Grid facts, string label, string text) => facts.AddRow(new Text(label), new Text(text));
}
