using System.Globalization;
using EtlTableOps.Checks;
using EtlTableOps.Engines;

namespace EtlTableOps.Reports.Tests;

/// <summary>Results as a test or a comparison could give them.</summary>
internal static class Samples
{
    /// <summary>Text that would do something wherever it were taken for more than text.</summary>
    public const string Evil = "<script>alert(1)</script>\"'&|`*_@somebody #17 ]]> <img src=x onerror=alert(2)> www.example.com \u0001\u001b[31m\uD800 \u202Eabc";

    public static DateTime At { get; } = new(2026, 11, 21, 20, 15, 0, DateTimeKind.Utc);

    public static ShadowTestResult Passed { get; } = new()
    {
        Table = "sales.allevents",
        Shadow = "sales.allevents_new",
        SwapId = "20261121T201500Z-3f2a9c01",
        Passed = true,
        Rows = 5_000_000,
        Elapsed = TimeSpan.FromSeconds(31.4),
        Snapshot = "one snapshot of both tables, 2026-11-21 20:14:28 UTC",
        Checks =
        [
            new ShadowCheck("identity", true, "20261121T201500Z-3f2a9c01", "20261121T201500Z-3f2a9c01", "The table under the shadow's name is the one that was built."),
            new ShadowCheck("columns", true, "8 columns", "8 columns", "Names, order, types, defaults and nullability are as declared."),
            new ShadowCheck("row-count", true, "5000000 rows", "5000000 rows", "As many rows as declared.") { Elapsed = TimeSpan.FromSeconds(18.2) },
            new ShadowCheck("content", true, "0a1b2c3d-99aabbcc", "0a1b2c3d-99aabbcc", "Every value is as declared (sums of two hashes of each row).") { Elapsed = TimeSpan.FromSeconds(18.2) },
            new ShadowCheck("null_fraction", true, "at most 1 %", "4.2 %", "More rows without a value than expected.") { Warned = true, Custom = true, Column = "country", DefinedAt = "checks.yml:12", Elapsed = TimeSpan.FromSeconds(18.2) },
        ],
        Distributions = [Drift("amount", 40, 12), Drift("user_id", 0, 0), Words(), Added()],
        Structure = [new StructureDifference("amount_band", null, "integer", "integer", true), new StructureDifference("payload", "text", null, null, true)],
        Statements = ["SELECT count(*), coalesce(sum(hash_record_extended(ROW(\"event_id\"), 0)), 0) FROM \"sales\".\"allevents\"", "SELECT 1"],
    };

    public static TableDifferences Differences { get; } = new()
    {
        Expected = "the declared change of sales.allevents",
        Actual = "sales.allevents_new",
        Key = ["event_id"],
        Columns = ["event_id", "kind", "amount", "payload"],
        ExpectedRows = 5_000_000,
        ActualRows = 4_999_999,
        Changed = 5,
        Missing = 1,
        Extra = 1,
        Duplicated = 1,
        ChangedByColumn = new Dictionary<string, long> { ["amount"] = 2, ["payload"] = 3 },
        Notes = ["amount is compared with a tolerance of 0.01"],
        Snapshot = "one snapshot of both tables, 2026-11-21 20:14:28 UTC",
        Elapsed = TimeSpan.FromSeconds(4),
        Rows =
        [
            Changed(17, new ValueDifference("amount", "1250.00", "1205.00")),
            Changed(18, new ValueDifference("payload", "hello world", "hello world "), new ValueDifference("amount", "3.00", null)),
            Changed(19, new ValueDifference("payload", "caf\u00e9", "cafe\u0301")),
            Changed(20, new ValueDifference("payload", null, "")),
            Changed(21, new ValueDifference("payload", new string('x', 5000) + "A" + new string('y', 5000), new string('x', 5000) + "B" + new string('y', 5000))),
            new RowDifference(DifferenceKind.Missing, [new NamedValue("event_id", "22")], []),
            new RowDifference(DifferenceKind.Extra, [new NamedValue("event_id", "23")], [new ValueDifference("kind", null, "click")]),
            new RowDifference(DifferenceKind.Duplicated, [new NamedValue("event_id", "24")], []) { ExpectedTimes = 1, ActualTimes = 2 },
        ],
    };

    public static ShadowTestResult Failed { get; } = Passed with
    {
        Passed = false,
        Checks =
        [
            .. Passed.Checks.Where(c => c.Name is not ("content" or "columns")),
            new ShadowCheck("columns", false, "8 columns", "9 columns", "unexpected sneaked_in"),
            new ShadowCheck("content", false, "0a1b2c3d-99aabbcc", "1b2c3d4e-00112233", "Some values, or whole rows, are not as declared.") { Elapsed = TimeSpan.FromSeconds(18.2) },
        ],
        Differences = Differences,
    };

    /// <summary>The same with evil text wherever a text comes from a database or from a user.</summary>
    public static ShadowTestResult Hostile { get; } = Failed with
    {
        Table = Evil,
        Shadow = Evil + "_new",
        SwapId = Evil,
        Snapshot = Evil,
        Checks = [new ShadowCheck(Evil, false, Evil, Evil, Evil) { Column = Evil, DefinedAt = Evil, Custom = true }, new ShadowCheck(Evil, true, Evil, Evil, Evil), new ShadowCheck(Evil, true, Evil, Evil, Evil) { Warned = true }],
        Structure = [new StructureDifference(Evil, Evil, Evil, Evil, false)],
        Statements = [Evil],
        Distributions =
        [
            DriftMeasure.Compare(Evil, Text(Evil, [Evil, "b"]), Text(Evil, ["b", Evil + "2"])),
            DriftMeasure.Compare(Evil + "2", Numbers(Evil, i => i) with { Type = Evil, Min = Evil, Max = Evil, Note = Evil }, Numbers(Evil, i => i * 3)),
        ],
        Differences = Differences with
        {
            Expected = Evil, Actual = Evil, Key = [Evil], Columns = [Evil], Notes = [Evil], EndedBy = Evil, Complete = false, ChangedByColumn = new Dictionary<string, long> { [Evil] = 1 },
            Rows = [new RowDifference(DifferenceKind.Changed, [new NamedValue(Evil, Evil)], [new ValueDifference(Evil, Evil, Evil + "x")]), new RowDifference(DifferenceKind.Missing, [new NamedValue(Evil, Evil)], [new ValueDifference(Evil, Evil, null)])],
        },
    };

    public static Report Of(ShadowTestResult test) => Report.Of(test, At);

    public static ColumnProfile Numbers(string column, Func<int, double> value) => new()
    {
        Column = column,
        Type = "numeric(10,2)",
        Kind = ProfileKind.Number,
        Rows = 1000,
        Nulls = 40,
        Distinct = 812,
        Min = Text(value(0)),
        Max = Text(value(100)),
        Quantiles = [.. Enumerable.Range(0, 101).Select(i => new Quantile(i / 101.0, (i + 1) / 101.0, Text(value(i)), value(i)))],
        Top = [.. Enumerable.Range(0, 10).Select(i => new ValueCount(Text(value(i)), 3, 0.003))],
    };

    public static ColumnProfile Text(string column, string[] values, string type = "text") => new()
    {
        Column = column,
        Type = type,
        Rows = 1000,
        Nulls = 0,
        Distinct = values.Length,
        Min = values.Min(StringComparer.Ordinal),
        Max = values.Max(StringComparer.Ordinal),
        Top = [.. values.Select((v, i) => new ValueCount(v, i == 0 ? 1000 - (100 * (values.Length - 1)) : 100, i == 0 ? 1 - (0.1 * (values.Length - 1)) : 0.1))],
        TopIsAll = true,
    };

    private static RowDifference Changed(int key, params ValueDifference[] values) => new(DifferenceKind.Changed, [new NamedValue("event_id", key.ToString(CultureInfo.InvariantCulture))], values);

    private static ColumnDrift Drift(string column, double shift, double wider) =>
        DriftMeasure.Compare(column, Numbers(column, i => Bell(i)), Numbers(column, i => Bell(i) + shift + (wider * (i - 50) / 10)));

    private static double Bell(int i) => 100 + (20 * Math.Log((i + 1.5) / (102.5 - i)));

    private static ColumnDrift Words() => DriftMeasure.Compare("kind", Text("kind", ["click", "view", "buy"]), Text("kind", ["click", "view", "login", "a very long kind of event that nobody would read"]));

    private static ColumnDrift Added() => DriftMeasure.Compare("amount_band", null, Numbers("amount_band", i => i / 10) with { SampledRows = 500 });

    private static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
