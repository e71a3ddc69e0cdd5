using EtlTableOps.Snowflake.Testing;
using EtlTableOps.Testing;

[assembly: AssemblyFixture(typeof(PostgreSqlCluster))]

namespace EtlTableOps.PowerShell.Tests;

/// <summary>Runs all Pester tests once, on the first question, and keeps what came out.</summary>
public sealed class PesterRun(PostgreSqlCluster cluster) : IAsyncLifetime
{
    private Dictionary<string, PesterTest> outcomes = [];

    public async ValueTask InitializeAsync()
    {
        if (PesterHost.Missing is not null) return;
        var text = await TryMakeDatabaseAsync();
        using var model = new SnowflakeModel();
        await using var server = new SnowflakeServer(model);
        foreach (var test in PesterHost.RunAll(text, "snowflake:" + server.ConnectionString)) outcomes[test.Name] = test;
    }

    public ValueTask DisposeAsync()
    {
        outcomes = [];
        return ValueTask.CompletedTask;
    }

    public PesterTest? Find(string name) => outcomes.GetValueOrDefault(name);

    // Without a server the tests over SQLite still count; those over PostgreSQL say themselves why they are skipped.
    private async Task<string?> TryMakeDatabaseAsync() =>
        await cluster.TryCreateDatabaseAsync() is { } database ? "postgresql:" + cluster.Connection(database) : null;
}

/// <summary>The built module in the real PowerShell: each Pester test is a test here.</summary>
public sealed class ModuleTests(PesterRun run) : IClassFixture<PesterRun>
{
    public static TheoryData<string> Names()
    {
        if (PesterHost.Missing is not null) return ["(all Pester tests)"];
        return [.. PesterHost.List().Select(t => t.Name)];
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pester(string test)
    {
        if (PesterHost.Missing is { } reason) Assert.Skip(reason);
        var outcome = run.Find(test) ?? throw new InvalidOperationException("Pester listed this test and did not run it.");
        switch (outcome.Result)
        {
            case "Passed":
                break;
            case "Skipped":
                Assert.Skip(outcome.Message.Length > 0 ? outcome.Message : "Pester skipped it.");
                break;
            default:
                Assert.Fail($"{outcome.Result}: {outcome.Message}");
                break;
        }
    }

    [Fact]
    public void No_test_name_is_given_twice()
    {
        if (PesterHost.Missing is { } reason) Assert.Skip(reason);
        var names = PesterHost.List().Select(t => t.Name).ToList();
        Assert.NotEmpty(names);
        Assert.Equal(names.Distinct(), names);
    }
}
