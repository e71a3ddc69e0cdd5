using System.Globalization;
using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Journal;
using EtlTableOps.Observability;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using Spectre.Console;

namespace EtlTableOps.Cli.Output;

/// <summary>Results as text for people, tidy at 80 columns.</summary>
internal sealed class ResultText(IAnsiConsole console)
{
    /// <summary>A shadow after a command.</summary>
    public void Show(ShadowTable shadow, string headline, string? next)
    {
        Headline(headline);
        var facts = Facts();
        Add(facts, "swap", shadow.SwapId);
        Add(facts, "state", shadow.State.ToString());
        Add(facts, "rows", Human.Count(shadow.Rows) + (shadow.RowsImported > 0 ? $" ({Human.Count(shadow.RowsImported)} imported)" : ""));
        Add(facts, "feed", shadow.Feed == FeedKind.None ? "none: the switch refuses when the live table is written to" : $"{shadow.Feed}, {Figures.Rows(shadow.Lag)} behind{Times(shadow)}");
        Change(facts, shadow.Change);
        if (shadow.Cost is { } cost) Add(facts, "cost", cost.ToString());
        if (next is not null) Add(facts, "next", next);
        console.Write(facts);
    }

    private static string Times(ShadowTable shadow) =>
        (shadow.LagTime is { } lag ? $", nothing older than {Human.Duration(lag)} is missing" : "")
        + (shadow.FallsBehind ? ", does not catch up" : shadow is { Lag: > 0, TimeLeft: { } left } ? $", {Human.Duration(left)} left" : "");

    /// <summary>A test with its checks.</summary>
    public void Show(ShadowTestResult test)
    {
        var warned = test.Checks.Count(c => c.Warned);
        Headline(test.Passed
            ? $"{test.Shadow} is proven: {Figures.Rows(test.Rows)}, {test.Checks.Count} checks{(warned > 0 ? $", {warned} with a warning," : "")} in {Human.Duration(test.Elapsed)}"
            : $"{test.Shadow} is refuted: {test.Checks.Count(c => !c.Passed)} of {test.Checks.Count} checks failed");
        var table = new Table().Border(TableBorder.Minimal).AddColumns("", "check", "what it says");
        foreach (var check in test.Checks)
        {
            var message = check.Passed ? check.Message : $"{check.Message}\nexpected: {check.Expected}\nfound:    {check.Found}";
            if (check is { DefinedAt: { } place } && (check.Warned || !check.Passed)) message += $"\ndefined:  {place}";
            var (verdict, color) = !check.Passed ? ("FAILED", Color.Red) : check.Warned ? ("warning", Color.Yellow) : ("ok", Color.Green);
            table.AddRow(new Text(verdict, new Style(color)), new Text(check.Name), new Text(message));
        }
        console.Write(table);
        Structure(test.Structure);
        if (test.Differences is { } found) ShowRows(found);
        Distributions(test.Distributions);
        if (test.Cost is { } cost) console.WriteLine($"Cost: {cost}");
        console.WriteLine(test.Passed
            ? $"Next: etl-table-ops switch {Argument(test.Table)}"
            : "It does not go live. Mend the cause or declare the difference, then test again.");
    }

    private void Structure(IReadOnlyList<StructureDifference> structure)
    {
        if (structure.Count == 0) return;
        var table = new Table().Border(TableBorder.Minimal).AddColumns("", "structure", "live", "declared", "shadow");
        foreach (var line in structure.OrderBy(l => l.AsDeclared))
        {
            var style = line.AsDeclared ? Style.Plain : new Style(Color.Red);
            table.AddRow(new Text(line.AsDeclared ? "" : "differs", style), new Text($"{line.Kind} {line.Name}"), Said(line.Live), Said(line.Declared), Said(line.Shadow));
        }
        console.Write(table);

        static Text Said(string? text)
        {
            var line = string.Join(' ', (text ?? "-").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            return new Text(line.Length > 120 ? line[..119] + "…" : line);
        }
    }

    private void Distributions(IReadOnlyList<ColumnDrift> distributions)
    {
        if (distributions.Count == 0) return;
        var table = new Table().Border(TableBorder.Minimal).AddColumns("column", "drift", "", "nulls", "different", "smallest", "greatest");
        foreach (var drift in distributions)
        {
            var style = drift.Level switch { DriftLevel.Alarm => new Style(Color.Red), DriftLevel.Watch => new Style(Color.Yellow), _ => Style.Plain };
            var word = drift.Live is null ? "added" : drift.Shadow is null ? "dropped" : drift.Level == DriftLevel.None ? "" : drift.Level.ToString().ToLowerInvariant();
            table.AddRow(new Text(drift.Column), new Text(drift.Drift is { } index ? index.ToString("0.000", CultureInfo.InvariantCulture) : ""), new Text(word, style),
                Sides(drift, p => p.NullFraction.ToString("0.0 %", CultureInfo.InvariantCulture)), Sides(drift, p => p.Distinct is { } n ? (p.DistinctIsEstimate ? "~" : "") + Human.Count(n) : "-"), Sides(drift, p => p.Min ?? "-"), Sides(drift, p => p.Max ?? "-"));
        }
        console.Write(table);

        static Text Sides(ColumnDrift drift, Func<ColumnProfile, string> of)
        {
            var sides = new[] { drift.Live, drift.Shadow }.OfType<ColumnProfile>().Select(of).Distinct();
            return new Text(string.Join(" → ", sides.Select(s => s.Length > 24 ? s[..23] + "…" : s)));
        }
    }

    /// <summary>Two tables that were compared.</summary>
    public void Show(TableDifferences found)
    {
        Headline($"{found.Expected} and {found.Actual}: {found.Verdict}");
        var facts = Facts();
        Add(facts, "rows", $"{Human.Count(found.ExpectedRows)} in {found.Expected}, {Human.Count(found.ActualRows)} in {found.Actual}");
        Add(facts, "key", found.Key.Count == 0 ? "none: whole rows are compared" : string.Join(", ", found.Key));
        Add(facts, "columns", string.Join(", ", found.Columns));
        Add(facts, "state", found.Snapshot);
        Add(facts, "took", Human.Duration(found.Elapsed));
        foreach (var note in found.Notes) Add(facts, "note", ShellWords.Of(note));
        if (found.EndedBy is { } ended) Add(facts, "ended", ended);
        console.Write(facts);
        ShowRows(found);
    }

    private void ShowRows(TableDifferences found)
    {
        if (found.Rows.Count == 0) return;
        var table = new Table().Border(TableBorder.Minimal).AddColumns("", found.Key.Count == 0 ? "row" : "key", "what differs");
        foreach (var row in found.Rows) table.AddRow(new Text(row.Kind.ToString().ToLowerInvariant()), new Text(row.KeyText), new Text(row.ValuesText));
        console.Write(table);
    }

    /// <summary>A swap after a switch or an undo.</summary>
    public void Show(TableSwap swap)
    {
        Headline(swap.Operation == SwapOperation.Switch
            ? $"{swap.Table} is switched: {swap.Incoming} is live now"
            : $"{swap.Table} is undone: {swap.Incoming} is live again");
        var facts = Facts();
        Add(facts, "swap", swap.SwapId);
        if (swap.Version is not null) Add(facts, "kept", $"{swap.Version} (the table that was live before)");
        if (swap.UndoableUntil is { } until) Add(facts, "undo", string.Create(CultureInfo.InvariantCulture, $"keeps rows written since until {until:yyyy-MM-dd HH:mm} UTC"));
        if (swap.Stall is { } stall)
        {
            Add(facts, "lock", $"held for {Figures.Milliseconds(stall.HeldMilliseconds)} after {Tries(stall.Tries)} in {Human.Duration(TimeSpan.FromSeconds(stall.WaitedSeconds))}");
            if (stall.LongestQueueMilliseconds > 0) Add(facts, "", $"others queued behind our tries for {Figures.Milliseconds(stall.LongestQueueMilliseconds)} at most");
            foreach (var holder in stall.HeldBefore) Add(facts, "", $"held before by {holder}");
            foreach (var old in stall.OldSnapshots) Add(facts, "", $"older state read by {old}");
            if (stall.RowsDrained > 0) Add(facts, "", $"{Figures.Rows(stall.RowsDrained)} brought over inside the exchange");
        }
        if (swap.RowsKept > 0) Add(facts, "kept", $"{Figures.Rows(swap.RowsKept)} written since the switch");
        if (swap.RowsLeftBehind > 0) Add(facts, "left behind", $"{Figures.Rows(swap.RowsLeftBehind)} written since the switch stay in {swap.Version}{(swap.LeftBehindIn is { } copied ? $"; copied into {copied}" : "")}");
        if (swap.Cost is { } cost) Add(facts, "cost", cost.ToString());
        Outcome(facts, swap);
        console.Write(facts);
    }

    /// <summary>The journal.</summary>
    public void Show(IReadOnlyList<TableSwap> swaps, bool withStatements)
    {
        if (swaps.Count == 0)
        {
            console.WriteLine("The journal has no swap of this kind.");
            return;
        }
        if (!withStatements && swaps.Count > 1)
        {
            var table = new Table().Border(TableBorder.Minimal);
            foreach (var name in (string[])["swap", "table", "what", "state", "changed"]) table.AddColumn(new TableColumn(name));
            table.Columns[0].NoWrap = true;
            foreach (var swap in swaps)
                table.AddRow(new Text(swap.SwapId), new Text(swap.Table), new Text(swap.Operation.ToString()), new Text(swap.State.ToString()), new Text(swap.Changed.ToString("MM-dd HH:mm:ss", CultureInfo.InvariantCulture)));
            console.Write(table);
            return;
        }
        foreach (var swap in swaps) ShowWhole(swap);
    }

    /// <summary>What a repair did.</summary>
    public void ShowRepair(IReadOnlyList<TableSwap> swaps)
    {
        if (swaps.Count == 0)
        {
            console.WriteLine("Nothing was interrupted: there is nothing to repair.");
            return;
        }
        foreach (var swap in swaps)
        {
            Headline($"{swap.Table}, swap {swap.SwapId}: {swap.Action ?? swap.State.ToString()}");
            var facts = Facts();
            Add(facts, "state", swap.State.ToString());
            Outcome(facts, swap);
            console.Write(facts);
        }
    }

    /// <summary>Kept versions.</summary>
    public void Show(IReadOnlyList<TableVersion> versions, string whenNone)
    {
        if (versions.Count == 0)
        {
            console.WriteLine(whenNone);
            return;
        }
        var removed = versions.Any(v => v.Removed);
        var table = new Table().Border(TableBorder.Minimal).AddColumns("table", "version", "age", "rows", "size", "undo keeps later rows");
        foreach (var version in versions)
        {
            table.AddRow(
                new Text(version.Table),
                new Text(version.Version + (removed && version.Removed ? " (dropped)" : "")),
                new Text(Human.Duration(version.Age)),
                new Text(version.Rows < 0 ? "not known" : Human.Count(version.Rows)).RightJustified(),
                new Text(Human.Bytes(version.Bytes)).RightJustified(),
                new Text(version switch
                {
                    { KeepsLaterRows: false } => "no",
                    { UndoableUntil: { } until } => string.Create(CultureInfo.InvariantCulture, $"until {until:MM-dd HH:mm} UTC"),
                    _ => "yes",
                }));
        }
        console.Write(table);
    }

    /// <summary>A plan: what would run, as a script with remarks.</summary>
    public static void Show(TextWriter writer, Plan plan)
    {
        writer.WriteLine($"-- {OneLine(plan.Summary)}");
        foreach (var note in plan.Notes) writer.WriteLine($"-- note: {OneLine(note)}");
        foreach (var step in plan.Steps)
        {
            writer.WriteLine();
            var how = step.Chunks is null ? Scope(step.Scope) : "repeated over ranges of rows, each in a transaction of its own";
            writer.WriteLine($"-- {OneLine(step.Title)} ({step.Name}; {how})");
            foreach (var sql in step.Statements.SelectMany(s => s.All)) writer.WriteLine(sql.Text.TrimEnd().TrimEnd(';') + ";");
        }
        writer.WriteLine();
        writer.WriteLine("-- Nothing was run and nothing was changed.");
    }

    /// <summary>A failure: what, what to do, and whether anything was changed.</summary>
    public static void Show(TextWriter writer, EtlException failure)
    {
        writer.WriteLine($"error {failure.Code}: {ShellWords.Of(failure.Message)}");
        if (failure.Remedy.Length > 0) writer.WriteLine(ShellWords.Of(failure.Remedy));
        // What a cancel left is not known to it, and its remedy says so.
        if (failure is { Code: ErrorCode.Cancelled, OwnershipUnknown: false, DurableChangeMade: false }) return;
        writer.WriteLine(failure switch
        {
            { OwnershipUnknown: true } => "It is not known which table carries the name. Do not repeat the command.",
            { DurableChangeMade: true } => "Something was changed before the failure; 'repair' finishes it or cleans it up.",
            _ => "Nothing was changed.",
        });
    }

    /// <summary>A table's name as it is typed in a shell.</summary>
    public static string Argument(string table) => table.Any(c => !(char.IsAsciiLetterOrDigit(c) || c is '_' or '.')) ? $"'{table}'" : table;

    private void ShowWhole(TableSwap swap)
    {
        Headline($"{swap.Operation} of {swap.Table}, {swap.State}");
        var facts = Facts();
        Add(facts, "swap", swap.SwapId);
        Add(facts, "begun", Figures.Moment(swap.Begun));
        Add(facts, "changed", $"{Figures.Moment(swap.Changed)} by {swap.User} on {swap.Host}");
        Add(facts, "incoming", swap.Incoming);
        if (swap.Version is not null) Add(facts, "version", $"{swap.Version} ({swap.VersionState})");
        if (swap.Operation == SwapOperation.Switch) Change(facts, swap.Change);
        if (swap.Stall is { } stall) Add(facts, "lock", $"held for {Figures.Milliseconds(stall.HeldMilliseconds)} after {Tries(stall.Tries)}");
        if (swap.RowsKept > 0) Add(facts, "kept", Figures.Rows(swap.RowsKept));
        if (swap.RowsLeftBehind > 0) Add(facts, "left behind", Figures.Rows(swap.RowsLeftBehind));
        Outcome(facts, swap);
        console.Write(facts);
        foreach (var line in swap.Lines)
        {
            var writer = console.Profile.Out.Writer;
            writer.WriteLine($"-- {line.Line}. {line.Operation}/{line.Step}, {Figures.Moment(line.At)}, {Figures.Rows(line.Rows)}, {Human.Duration(TimeSpan.FromSeconds(line.Seconds))}, {line.Who}");
            if (line.Statements.Length > 0) writer.WriteLine(line.Statements.TrimEnd().TrimEnd(';') + ";");
        }
    }

    private static void Outcome(Grid facts, TableSwap swap)
    {
        foreach (var difference in swap.Differences) Add(facts, "DIFFERS", difference);
        foreach (var pending in swap.Pending) Add(facts, "pending", $"{pending} ('repair' does it)");
        foreach (var removed in swap.Removed) Add(facts, "dropped", $"{removed} (older than the versions to keep)");
    }

    private static void Change(Grid facts, DeclaredChange change)
    {
        var label = "change";
        foreach (var line in change.Describe())
        {
            Add(facts, label, line);
            label = "";
        }
    }

    private void Headline(string text) => console.Write(new Text(text + "\n", new Style(decoration: Decoration.Bold)));

    private static Grid Facts()
    {
        var grid = new Grid();
        grid.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(2, 0, 2, 0) });
        grid.AddColumn(new GridColumn { Padding = new Padding(0) });
        return grid;
    }

    private static void Add(Grid facts, string label, string text) => facts.AddRow(new Text(label), new Text(text));

    private static string Tries(int tries) => tries == 1 ? "1 try" : $"{Human.Count(tries)} tries";

    private static string Scope(StepScope scope) => scope switch
    {
        StepScope.Exchange => "in the one transaction of the exchange",
        StepScope.NoTransaction => "outside any transaction",
        _ => "in a transaction of its own",
    };

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
