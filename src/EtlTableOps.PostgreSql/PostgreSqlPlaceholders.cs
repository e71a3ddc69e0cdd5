using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

// To be deleted with the arrival of the catalog and the dialect.
internal static class PostgreSqlCatalog
{
    public static async Task<TableShape?> ReadAsync(IEngineSession session, TableName name, CancellationToken token)
    {
        var columns = await session.QueryAsync(new Sql("""
            SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, c.oid::text
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = @schema AND c.relname = @name AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
            """, [new SqlParameter("schema", name.Schema), new SqlParameter("name", name.Name)]),
            r => (new Column(r.GetString(0), r.GetString(1), r.GetBoolean(2)), r.GetString(3)), token).ConfigureAwait(false);
        return columns.Count == 0 ? null : new TableShape { Name = name, ObjectId = columns[0].Item2, Columns = [.. columns.Select(c => c.Item1)], Keys = [], Attachments = [] };
    }
}

internal sealed class PostgreSqlDialect(int serverMajorVersion) : IDialect
{
    public IdentifierFolding Folding => IdentifierFolding.Lower;

    public SqlText? OwnRows => throw new NotSupportedException($"{serverMajorVersion}");

    public string Quote(string identifier) => "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    public string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    public IReadOnlyList<Plans.PlanStep> BuildShadow(ShadowBlueprint shadow) => throw new NotSupportedException();

    public IReadOnlyList<Sql> DropTable(TableName table) => throw new NotSupportedException();

    public SqlText Convert(SqlText expression, string type) => throw new NotSupportedException();

    public Sql ObjectIdOf(TableName table) => throw new NotSupportedException();

    public IReadOnlyList<Sql> InstallLog(ChangeLog log) => throw new NotSupportedException();

    public IReadOnlyList<Sql> DetachLog(ChangeLog log) => throw new NotSupportedException();

    public IReadOnlyList<Sql> RemoveLog(ChangeLog log) => throw new NotSupportedException();

    public IReadOnlyList<Sql> SuspendLog(ChangeLog log) => throw new NotSupportedException();

    public IReadOnlyList<Sql> ResumeLog(ChangeLog log) => throw new NotSupportedException();

    public Sql ReadLog(ChangeLog log) => throw new NotSupportedException();

    public IReadOnlyList<Sql> ApplyLog(ChangeLog log, ShadowBlueprint shadow) => throw new NotSupportedException();

    public Sql ContentSum(ContentQuery query) => throw new NotSupportedException();

    public IReadOnlyList<IntegrityCheck> IntegrityChecks(TableShape live, ShadowBlueprint shadow) => throw new NotSupportedException();

    public IReadOnlyList<Sql> LockForExchange(ExchangeBlueprint exchange, TimeSpan? wait) => throw new NotSupportedException();

    public ExchangeSteps Exchange(ExchangeBlueprint exchange) => throw new NotSupportedException();
}
