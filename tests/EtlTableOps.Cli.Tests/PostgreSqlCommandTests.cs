using EtlTableOps.Testing;

[assembly: AssemblyFixture(typeof(PostgreSqlCluster))]

namespace EtlTableOps.Cli.Tests;

/// <summary>The commands on PostgreSQL.</summary>
public sealed class PostgreSqlCommandTests(PostgreSqlCluster cluster) : CommandScenarios
{
    private readonly PostgreSqlDatabase database = new(cluster);

    protected override string Connection => database.ConnectionText;

    protected override string JournalRowsOrZero => "SELECT count(*) FROM pg_class WHERE relname = 'allevents_new'";

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await database.DisposeAsync();
    }

    protected override ValueTask StartAsync() => database.PrepareAsync();

    protected override async Task<string> StateAsync() => string.Join('\n', await LinesAsync("""
        SELECT c.oid::text, n.nspname::text, c.relname::text, c.relkind::text, pg_relation_size(c.oid)::text, coalesce(obj_description(c.oid), '')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' ORDER BY c.oid
        """));
}
