using System.Reflection;
using EtlTableOps.Checks;
using EtlTableOps.Engines;

namespace EtlTableOps.Reports;

/// <summary>A result with what stands over it on every kind of report: where, by whom, when. Holds no secret.</summary>
public sealed record Report
{
    private Report()
    {
    }

    /// <summary>The test, or null when it was a comparison.</summary>
    public ShadowTestResult? Test { get; private init; }

    /// <summary>What differs: of the comparison, or of a test whose content is not as declared; else null.</summary>
    public TableDifferences? Differences { get; private init; }

    /// <summary>Whether all is as it should be.</summary>
    public bool Passed { get; private init; }

    /// <summary>When it was made, UTC.</summary>
    public DateTime At { get; private init; }

    /// <summary>The database, without secrets; empty where there is none.</summary>
    public string Database { get; private init; } = "";

    /// <summary>The engine with its version.</summary>
    public string Engine { get; private init; } = "";

    /// <summary>The database's user.</summary>
    public string User { get; private init; } = "";

    /// <summary>The machine on which the command ran.</summary>
    public string Host { get; private init; } = "";

    /// <summary>This tool with its version.</summary>
    public static string Tool { get; } = "EtlTableOps " + (typeof(Report).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "");

    /// <summary>Of a test.</summary>
    /// <param name="test">What it found.</param>
    /// <param name="at">When, UTC; null for now.</param>
    public static Report Of(ShadowTestResult test, DateTime? at = null)
    {
        ArgumentNullException.ThrowIfNull(test);
        return Where(test.Connection, at) with { Test = test, Differences = test.Differences, Passed = test.Passed };
    }

    /// <summary>Of a comparison.</summary>
    /// <param name="differences">What it found.</param>
    /// <param name="connection">The database whose table was compared, or null.</param>
    /// <param name="at">When, UTC; null for now.</param>
    public static Report Of(TableDifferences differences, EtlDatabase? connection = null, DateTime? at = null)
    {
        ArgumentNullException.ThrowIfNull(differences);
        return Where(connection, at) with { Differences = differences, Passed = differences.Equal };
    }

    /// <summary>What is proven or compared, in one line.</summary>
    public string Subject => Test is not null ? $"{Test.Shadow} against {Test.Table}" : $"{Differences!.Actual} against {Differences.Expected}";

    /// <summary>The verdict in a sentence.</summary>
    public string Verdict
    {
        get
        {
            if (Test is not null)
            {
                var failed = Test.Checks.Count(c => !c.Passed);
                return Passed
                    ? $"{Test.Shadow} is {Test.Table} with the declared change, and nothing else."
                    : $"{failed} of {Test.Checks.Count} checks failed: {Test.Shadow} does not go live.";
            }
            if (Passed) return $"{Differences!.Actual} and {Differences.Expected} have the same rows.";
            var least = Differences!.Complete ? "" : "at least ";
            return Differences.Total == 0
                ? $"The comparison of {Differences.Actual} with {Differences.Expected} was not finished."
                : $"{Differences.Actual} differs from {Differences.Expected} in {least}{Observability.Human.Count(Differences.Total)} {(Differences.Total == 1 ? "row" : "rows")}.";
        }
    }

    /// <summary>The state that the verdict speaks of.</summary>
    public string Snapshot => Test?.Snapshot ?? Differences!.Snapshot;

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed => Test?.Elapsed ?? Differences!.Elapsed;

    /// <summary>The facts that stand over a report, by name; only those that are there.</summary>
    public IEnumerable<(string Name, string Value)> Facts
    {
        get
        {
            var facts = new List<(string, string)>();
            if (Test is not null)
            {
                facts.Add(("Live table", Test.Table));
                facts.Add(("Shadow table", Test.Shadow));
                facts.Add(("Swap", Test.SwapId));
                facts.Add(("Rows compared", Observability.Human.Count(Test.Rows)));
            }
            else
            {
                facts.Add(("Compared against", $"{Differences!.Expected}, {Observability.Human.Count(Differences.ExpectedRows)} rows"));
                facts.Add(("Compared", $"{Differences.Actual}, {Observability.Human.Count(Differences.ActualRows)} rows"));
                facts.Add(("Key", Differences.Key.Count == 0 ? "none: whole rows" : string.Join(", ", Differences.Key)));
            }
            facts.Add(("Database", Database));
            facts.Add(("Engine", Engine));
            facts.Add(("State", Snapshot));
            facts.Add(("By", Host.Length == 0 ? User : $"{User} on {Host}"));
            facts.Add(("When", At.ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture) + " UTC"));
            facts.Add(("Took", Observability.Human.Duration(Elapsed)));
            return facts.Where(f => f.Item2.Length > 0);
        }
    }

    private static Report Where(EtlDatabase? connection, DateTime? at) => new()
    {
        At = at ?? DateTime.UtcNow,
        Database = connection?.Display ?? "",
        Engine = connection is null ? "" : $"{connection.Engine} {connection.ServerVersion}".Trim(),
        User = connection?.User ?? Environment.UserName,
        Host = Environment.MachineName,
    };
}
