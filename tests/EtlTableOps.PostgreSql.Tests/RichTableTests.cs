using EtlTableOps.Composition;
using EtlTableOps.Engines;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;
using EtlTableOps.Testing;
using Npgsql;

namespace EtlTableOps.PostgreSql.Tests;

/// <summary>Promise 5 on a table with about everything on it: what hangs on the name stays on it, through switch, undo and switch again.</summary>
public sealed class RichTableTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    private static readonly TableName Live = new("App", "Event Log");

    [Fact]
    [Trait("Promise", "5")]
    public async Task All_that_hangs_on_the_name_stays_on_it_through_switch_undo_and_switch()
    {
        await Database.ExecuteAsync(RichSchema.Sql);
        var before = await ShapeAsync();
        var seen = await CatalogAsync();
        Assert.DoesNotContain(before.Attachments, a => a.CannotFollow is not null);
        var rows = await Database.ScalarAsync<string>("SELECT md5(string_agg(e::text, '|' ORDER BY id)) FROM \"App\".\"Event Log\" e");

        var first = await ReplaceAsync(new DeclaredChange());
        Assert.Empty(first.Differences);
        Assert.Empty(first.Pending);
        await SameAsync(before, seen, "the switch");
        Assert.Equal(rows, await Database.ScalarAsync<string>("SELECT md5(string_agg(e::text, '|' ORDER BY id)) FROM \"App\".\"Event Log\" e"));
        await LivesAsync();

        var undone = await RunAsync(o => o.UndoAsync(new UndoRequest("\"App\".\"Event Log\"") { Force = true }, Token));
        Assert.Empty(undone.Differences);
        await SameAsync(before, seen, "the undo");
        await LivesAsync();

        var second = await ReplaceAsync(new DeclaredChange());
        Assert.Empty(second.Differences);
        await SameAsync(before, seen, "the second switch");
        await LivesAsync();

        // Nothing of the live table may hang on a version.
        await RunAsync(o => o.RemoveVersionsAsync(new RemoveVersionsRequest("\"App\".\"Event Log\"") { Keep = 0 }, Token));
        Assert.Equal(0L, await Database.ScalarAsync<long>("SELECT count(*) FROM pg_class WHERE relname LIKE 'Event Log\\_old%' OR relname ~ '__(old_)?[0-9a-f]{8}$'"));
        await SameAsync(before, seen, "the removal of the versions");
        await LivesAsync();
    }

    private async Task SameAsync(TableShape before, IReadOnlyList<string> seen, string when)
    {
        var after = await ShapeAsync();
        Assert.NotEqual("", when);
        Assert.Equal(Lines(before), Lines(after));
        Assert.Equal(before.Columns, after.Columns);
        Assert.Equal(seen, await CatalogAsync());

        static IReadOnlyList<string> Lines(TableShape shape) => [.. shape.Attachments.Select(a => $"{a.Kind} {a.Name}: {a.Definition}").Order(StringComparer.Ordinal)];
    }

    /// <summary>Default values, views, rights, keys and triggers work under the live name.</summary>
    private async Task LivesAsync()
    {
        var last = await Database.ScalarAsync<long>("SELECT max(id) FROM \"App\".\"Event Log\"");
        var made = await Database.ScalarAsync<long>("INSERT INTO \"App\".\"Event Log\" (tenant, price) VALUES (2, 7) RETURNING id");
        Assert.True(made > last, $"identity gave {made} after {last}");
        Assert.Equal(1L, await Database.ScalarAsync<long>($"SELECT count(*) FROM \"App\".cheap WHERE id = {made}"));
        Assert.Equal(await Database.ScalarAsync<long>("SELECT count(*) FROM \"App\".\"Event Log\" WHERE tenant = 2"), await Database.ScalarAsync<long>("SELECT \"App\".how_many(2)"));
        Assert.Equal("noted INSERT", await Database.ScalarAsync<string>("SELECT what FROM \"App\".audit WHERE what LIKE 'noted%' ORDER BY n DESC LIMIT 1"));
        await Assert.ThrowsAsync<PostgresException>(() => Database.ExecuteAsync("INSERT INTO \"App\".remarks VALUES (1000, -5)"));
        await Assert.ThrowsAsync<PostgresException>(() => Database.ExecuteAsync("INSERT INTO \"App\".\"Event Log\" (tenant) VALUES (99)"));
        await Assert.ThrowsAsync<PostgresException>(() => Database.ExecuteAsync("DELETE FROM \"App\".tenants WHERE id = 2"));
        await Database.ExecuteAsync($"INSERT INTO \"App\".remarks VALUES (1000, {made}); DELETE FROM \"App\".\"Event Log\" WHERE id = {made}");
        Assert.Equal(0L, await Database.ScalarAsync<long>("SELECT count(*) FROM \"App\".remarks WHERE id = 1000"));
        var visible = await Database.ScalarAsync<long>("SELECT count(*) FROM \"App\".\"Event Log\" WHERE tenant = 1");
        Assert.Equal(visible, await Database.ScalarAsync<long>("SET ROLE rich_reader; SELECT count(*) FROM \"App\".\"Event Log\""));
        Assert.Equal("Event Log_pkey", await Database.ScalarAsync<string>("SELECT conname FROM pg_constraint WHERE contype = 'p' AND conrelid = '\"App\".\"Event Log\"'::regclass"));
    }

    private async Task<TableSwap> ReplaceAsync(DeclaredChange change)
    {
        await RunAsync(o => o.NewShadowAsync(new NewShadowRequest("\"App\".\"Event Log\"") { Change = change }, Token));
        var proof = await RunAsync(o => o.TestAsync(new TestRequest("\"App\".\"Event Log\""), Token));
        Assert.True(proof.Passed, string.Join("\n", proof.Checks.Where(c => !c.Passed).Select(c => $"{c.Name}: {c.Message} {c.Expected} {c.Found}")));
        return await RunAsync(o => o.SwitchAsync(new SwitchRequest("\"App\".\"Event Log\""), Token));
    }

    private async Task<T> RunAsync<T>(Func<TableOperations, Task<Plans.PreparedOperation<T>>> prepare)
    {
        var connected = await EngineList.ConnectAsync(Database.ConnectionText, null, null, null, Token);
        return await (await prepare(new TableOperations(connected))).RunAsync(Token);
    }

    private async Task<TableShape> ShapeAsync()
    {
        await using var session = await OpenSessionAsync();
        return (await session.ReadShapeAsync(Live, Token))!;
    }

    /// <summary>The table by the server's own descriptions, and not through this tool's eyes.</summary>
    private async Task<IReadOnlyList<string>> CatalogAsync()
    {
        await using var connection = await Database.OpenAsync();
        await using (var plain = new NpgsqlCommand("SET jit = off", connection)) await plain.ExecuteNonQueryAsync(Token);
        await using var command = new NpgsqlCommand("""
            SELECT line FROM (
              SELECT 'acl ' || coalesce(x::text, 'none') FROM pg_class, unnest(relacl) x WHERE oid = @t::regclass
              UNION ALL SELECT concat_ws(' ', 'class', relowner::regrole, reloptions, relreplident, relrowsecurity, relforcerowsecurity, obj_description(oid, 'pg_class')) FROM pg_class WHERE oid = @t::regclass
              UNION ALL SELECT concat_ws(' ', 'column', attname, format_type(atttypid, atttypmod), attnotnull, attstorage, attstattarget, (SELECT array_agg(o) FROM unnest(attoptions) o WHERE NOT starts_with(o, 'pg_')), attacl, col_description(attrelid, attnum), pg_get_expr(adbin, adrelid)) FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = @t::regclass AND attnum > 0
              UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated, obj_description(oid, 'pg_constraint')) FROM pg_constraint WHERE @t::regclass IN (conrelid, confrelid)
              UNION ALL SELECT concat_ws(' ', 'index', pg_get_indexdef(indexrelid), indisclustered, indisreplident, obj_description(indexrelid, 'pg_class')) FROM pg_index WHERE indrelid = @t::regclass
              UNION ALL SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(oid), tgenabled, obj_description(oid, 'pg_trigger')) FROM pg_trigger WHERE tgrelid = @t::regclass AND NOT tgisinternal AND tgname NOT LIKE 'etltableops%'
              UNION ALL SELECT concat_ws(' ', 'policy', polrelid::regclass, polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), obj_description(oid, 'pg_policy')) FROM pg_policy
              UNION ALL SELECT concat_ws(' ', 'statistics', pg_get_statisticsobjdef(oid), stxstattarget, stxowner::regrole, obj_description(oid, 'pg_statistic_ext')) FROM pg_statistic_ext WHERE stxrelid = @t::regclass
              UNION ALL SELECT concat_ws(' ', 'view', c.oid, c.oid::regclass, c.relowner::regrole, reloptions, relacl, pg_get_viewdef(c.oid), obj_description(c.oid, 'pg_class')) FROM pg_class c WHERE relkind = 'v' AND relnamespace = '"App"'::regnamespace
              UNION ALL SELECT concat_ws(' ', 'rule', pg_get_ruledef(oid)) FROM pg_rewrite WHERE rulename <> '_RETURN' AND oid > 16384
              UNION ALL SELECT concat_ws(' ', 'publication', pubname, schemaname, tablename, attnames, rowfilter) FROM pg_publication_tables
              UNION ALL SELECT concat_ws(' ', 'routine', pg_get_functiondef(oid)) FROM pg_proc WHERE pronamespace = '"App"'::regnamespace AND proname NOT LIKE 'etltableops%'
              UNION ALL SELECT concat_ws(' ', 'sequence', d.objid::regclass, a.attname, d.deptype, q.seqstart, q.seqincrement, q.seqcache, q.seqtypid::regtype) FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid JOIN pg_sequence q ON q.seqrelid = d.objid WHERE d.refobjid = @t::regclass
            ) t(line) ORDER BY line
            """, connection);
        command.Parameters.AddWithValue("t", "\"App\".\"Event Log\"");
        var lines = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(Token);
        while (await reader.ReadAsync(Token)) lines.Add(reader.GetString(0));
        return lines;
    }
}
