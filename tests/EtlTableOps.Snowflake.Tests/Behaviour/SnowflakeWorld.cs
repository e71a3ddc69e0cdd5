using System.Data.Common;
using System.Text.RegularExpressions;
using EtlTableOps.Behaviour;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Snowflake.Testing;
using EtlTableOps.Testing;
using EtlTableOps.Testing.Ledgers;

namespace EtlTableOps.Snowflake.Tests.Behaviour;

/// <summary>
/// A model of an account for one scenario: over the official driver and a server on the loopback where ETLTABLEOPS_SNOWFLAKE_DRIVER names that driver, else over a connection of
/// the tests' own. Standard tables have no indexes, checks and triggers, so scenarios lose those parts of their SQL here.
/// </summary>
internal sealed partial class SnowflakeWorld : EngineWorld
{
    private const string Variable = "ETLTABLEOPS_SNOWFLAKE_DRIVER";
    private readonly SnowflakeServer? server;
    private readonly DbProviderFactory factory;

    /// <param name="served">Behind a server in any case, so that other processes reach it.</param>
    public SnowflakeWorld(bool served = false)
    {
        // It would ask the cloud's metadata service where it runs.
        Environment.SetEnvironmentVariable("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true");
        server = served || OfficialDriver is not null ? new SnowflakeServer(Model) : null;
        factory = OfficialDriver is { } driver ? SnowflakeDriver.Load(driver, "") : server is not null ? ModelProviderFactory.Instance : new ModelProviderFactory(Model);
    }

    /// <summary>Where the official driver is, or null.</summary>
    public static string? OfficialDriver => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;

    public override bool HasProfiles => ((Engines.IDialect)SnowflakeDialect.Instance).Profiles is not null;

    public override IReadOnlyDictionary<string, string> HostEnvironment => new Dictionary<string, string>
    {
        [Variable] = OfficialDriver ?? Path.Combine(AppContext.BaseDirectory, "fake-driver"),
    };

    private string Text => server is null
        ? "account=test;user=U;password=a secret of the tests;db=DB1;schema=S1;role=SYSADMIN;warehouse=WH"
        : server.ConnectionString.Replace("password=p;", "password=a secret of the tests;", StringComparison.Ordinal);

    public SnowflakeModel Model { get; } = new();

    public override string ConnectionText => "snowflake:" + Text;

    public override FeedKind UsualFeed => FeedKind.ChangeTracking;

    /// <summary>A transaction whose client died is ended by the server after five minutes, when it is in somebody's way (engines.md 1.4).</summary>
    public override void EndDeadSessions()
    {
        foreach (var session in Model.Sessions.Where(s => s.InTransaction)) session.Abandon();
        Model.AbortDetachedTransactions();
    }

    public override LedgerOptions LedgerOptions => new() { Work = LedgerWork.Singles };

    public override bool HasIndexes => false;

    public override bool EnforcesConstraints => false;

    /// <summary>CHANGES tells the difference between two moments.</summary>
    public override bool SeesEveryWrite => false;

    /// <summary>Nothing but its values tells a row from another.</summary>
    public override bool SamplesWithoutKey => false;

    public override bool ReadsFiles => true;

    public override int LongestName => 200;

    public override ValueTask StartAsync() => ValueTask.CompletedTask;

    public override Task<EtlDatabase> ConnectAsync() => EtlDatabase.ConnectAsync(null, new SnowflakeEngine(factory, null), new ConnectionTarget(Text), CancellationToken.None);

    public override async Task<Consumer> OpenConsumerAsync()
    {
        var connection = factory.CreateConnection()!;
        connection.ConnectionString = Text;
        await connection.OpenAsync();
        return new Consumer(connection, Adapt);
    }

    public override async Task<IReadOnlyList<string>> LeftoversAsync(string live)
    {
        var left = new List<string>();
        foreach (var table in Model.Items("TABLE"))
        {
            var columns = await RowsAsync($"DESCRIBE TABLE {Quoted(table.Schema)}.{Quoted(table.Name)}");
            var ours = table.Name.StartsWith("etltableops_", StringComparison.Ordinal) && table.Name is not ("etltableops_journal" or "etltableops_journal_lines" or "etltableops_leases");
            if (ours || (table.Name.StartsWith("ALLEVENTS_NEW", StringComparison.Ordinal) && columns.Any(c => c.StartsWith("TWICE", StringComparison.Ordinal)))) left.Add(table.Name);
        }
        return left;
    }

    public override async Task<IReadOnlyList<string>> DescribeAsync(string table)
    {
        var name = Model.Items("TABLE").Any(t => t.Name == table) ? table : table.ToUpperInvariant();
        var lines = new List<string>();
        await using var consumer = await OpenConsumerAsync();
        lines.AddRange((await consumer.QueryAsync($"DESCRIBE TABLE {Quoted(name)}")).Select(l => "column " + l));
        lines.AddRange((await consumer.QueryAsync($"SHOW GRANTS ON TABLE {Quoted(name)}")).Select(l => "grant " + l[(l.IndexOf('|', StringComparison.Ordinal) + 1)..].Replace(name, "(it)", StringComparison.Ordinal)));
        lines.AddRange((await consumer.QueryAsync($"SELECT CLUSTERING_KEY, COMMENT, IS_TRANSIENT, RETENTION_TIME, TABLE_OWNER FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = '{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'")).Select(l => "table " + l));
        return [.. lines.Select(l => Marks().Replace(l, "").Replace("|  |", "| ∅ |", StringComparison.Ordinal).ToLowerInvariant()).Order(StringComparer.Ordinal)];
    }

    public override string YearOf(string column) => $"DATE_PART(YEAR, {column})";

    public override Task AddDependentsAsync() => Task.CompletedTask;

    public override string AuditTrigger(string name, string table) => "SELECT 1";

    public override async Task<IReadOnlyList<string>> EverythingAsync()
    {
        var all = new List<string>();
        foreach (var kind in new[] { "TABLE", "VIEW", "STREAM" })
        {
            foreach (var item in Model.Items(kind))
            {
                all.Add($"{kind} {item.Schema}.{item.Name} {item.Comment}");
                if (kind == "TABLE") all.AddRange((await RowsAsync($"SELECT * FROM {Quoted(item.Schema)}.{Quoted(item.Name)}")).Select(r => $"{item.Name}: {r}"));
            }
        }
        return all;
    }

    public override async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
        Model.Dispose();
    }

    /// <summary>Our mark stands in a table's comment for a moment after an exchange.</summary>
    [GeneratedRegex("etltableops:(shadow|version):[^\\s|]+\\n?")]
    private static partial Regex Marks();

    private static IReadOnlyList<string> Adapt(string sql) =>
    [
        .. sql.Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(s => !s.StartsWith("CREATE INDEX", StringComparison.Ordinal) && !s.StartsWith("CREATE UNIQUE INDEX", StringComparison.Ordinal))
            .Select(s => s.Replace(" CHECK (user_id >= 0)", "", StringComparison.Ordinal)),
    ];

    private static string Quoted(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
