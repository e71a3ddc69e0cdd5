using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>TABLE(…): functions of the information schema, RESULT_SCAN, GENERATOR, FLATTEN left out.</summary>
internal static class TableFunctions
{
    public static Relation Bind(StatementRun run, Binder binder, FunctionSource source)
    {
        var call = source.Call;
        string? Argument(int place, string name) => call.Named.TryGetValue(name, out var named) ? Text(binder.Evaluate(named)) : place >= 0 && place < call.Arguments.Count ? Text(binder.Evaluate(call.Arguments[place])) : null;
        switch (call.Name)
        {
            case "RESULT_SCAN":
                var result = run.Session.Result(Argument(0, "QUERY_ID") ?? "");
                return new Relation([.. result.Columns.Select(c => new ScopeColumn(null, c.Name, c.Type))], _ => result.Rows);
            case "GENERATOR":
                var count = int.Parse(Argument(0, "ROWCOUNT") ?? "0", CultureInfo.InvariantCulture);
                return new Relation([], _ => Enumerable.Range(0, count).Select(_ => Array.Empty<object?>()));
            case "INFER_SCHEMA":
                return Of("COLUMN_NAME TYPE NULLABLE EXPRESSION FILENAMES ORDER_ID", StageRows.Names(run, Argument(0, "LOCATION")!, Argument(1, "FILE_FORMAT")!).Select((n, i) => new object?[] { n, "TEXT", "true", "$1:" + n, "", (decimal)i }));
            case "QUERY_HISTORY" or "QUERY_HISTORY_BY_SESSION":
                var limit = int.Parse(Argument(-1, "RESULT_LIMIT") ?? "100", CultureInfo.InvariantCulture);
                var after = call.Named.TryGetValue("END_TIME_RANGE_START", out var start) ? (Moment?)binder.Evaluate(start, SfType.Ltz) : null;
                // The id may be named or stand first.
                var sessionId = (Argument(-1, "SESSION_ID") ?? Argument(0, "SESSION_ID")) is { } given ? long.Parse(given, CultureInfo.InvariantCulture) : run.Session.Id;
                return History(run, limit, after, call.Name == "QUERY_HISTORY_BY_SESSION" ? sessionId : null);
            case "GET_QUERY_OPERATOR_STATS":
                return OperatorStatistics(run, Argument(0, "QUERY_ID")!);
            case "POLICY_REFERENCES":
                return Policies(run, Argument(0, "REF_ENTITY_NAME"), call.Named.TryGetValue("POLICY_NAME", out var policy) ? Text(binder.Evaluate(policy)) : null);
            case "TAG_REFERENCES_ALL_COLUMNS":
                return Tags(run, Argument(0, "OBJECT_NAME")!, true);
            case "TAG_REFERENCES":
                return Tags(run, Argument(0, "OBJECT_NAME")!, false);
            default:
                throw new ModelError(2141, "42601", $"SQL compilation error:\nUnknown table function {source.Function}");
        }
    }

    private static string? Text(object? value) => value is null ? null : Convert.ToString(value, CultureInfo.InvariantCulture);

    private static Relation Of(string columns, IEnumerable<object?[]> rows)
    {
        var all = rows.ToList();
        return new Relation([.. columns.Split(' ').Select((c, i) => new ScopeColumn(null, c, all.Select(r => r[i]).FirstOrDefault(v => v is not null) switch { decimal => SfType.Integer, Moment => SfType.Ltz, _ => c.EndsWith("_TIME", StringComparison.Ordinal) ? SfType.Ltz : SfType.Text }))], _ => all);
    }

    private static Relation History(StatementRun run, int limit, Moment? after, long? session)
    {
        // The newest first; a statement that has not ended counts as ending now.
        var records = run.Session.Model.History.Where(q => (after is not { } from || q.Ended is not { } ended || ended >= from) && (session is null || q.Session.Id == session)).OrderByDescending(q => q.Started).Take(limit);
        return Of("QUERY_ID QUERY_TEXT DATABASE_NAME SCHEMA_NAME QUERY_TYPE SESSION_ID USER_NAME ROLE_NAME WAREHOUSE_NAME QUERY_TAG EXECUTION_STATUS ERROR_CODE ERROR_MESSAGE START_TIME END_TIME TOTAL_ELAPSED_TIME BYTES_SCANNED ROWS_PRODUCED COMPILATION_TIME EXECUTION_TIME", records.Select(q => new object?[]
        {
            q.Id, q.Text, q.Database, q.Schema, q.Type, (decimal)q.Session.Id, q.Session.User, q.Session.Role, q.Warehouse, q.Tag, q.Status, q.ErrorCode?.ToString("000000", CultureInfo.InvariantCulture), q.ErrorMessage, q.Started, q.Ended,
            q.Ended is { } end ? (decimal)((end.Nanoseconds - q.Started.Nanoseconds) / 1_000_000) : 0m, (decimal)q.BytesScanned, (decimal)q.RowsProduced, 0m, 0m,
        }));
    }

    private static Relation OperatorStatistics(StatementRun run, string id)
    {
        var query = run.Session.Model.Query(id) ?? throw new ModelError(604, "02000", $"Query {id} not found");
        var partitions = query.PartitionsScanned.ToString(CultureInfo.InvariantCulture);
        object? statistics = new Json("{\"pruning\":{\"partitions_scanned\":" + partitions + ",\"partitions_total\":" + partitions + "}}");
        return new Relation([new(null, "QUERY_ID", SfType.Text), new(null, "OPERATOR_ID", SfType.Integer), new(null, "OPERATOR_TYPE", SfType.Text), new(null, "OPERATOR_STATISTICS", SfType.Variant)],
            _ => [[id, 0m, "Result", null], [id, 1m, "TableScan", statistics]]);
    }

    private static TableItem Table(StatementRun run, string name) => run.Catalog.Table(new Parser(name).OneName());

    private static Relation Policies(StatementRun run, string? entity, string? policy)
    {
        var rows = new List<object?[]>();
        foreach (var table in entity is not null ? [Table(run, entity)] : Showing.AllTables(run))
        {
            if (table.RowAccessPolicy is { } access) Add(table, access, "ROW_ACCESS_POLICY", null, table.RowAccessColumns);
            foreach (var column in table.Columns.Where(c => c.MaskingPolicy is not null)) Add(table, column.MaskingPolicy!, "MASKING_POLICY", column.Name, column.MaskingUsing);
        }
        return Of("POLICY_DB POLICY_SCHEMA POLICY_NAME POLICY_KIND REF_DATABASE_NAME REF_SCHEMA_NAME REF_ENTITY_NAME REF_ENTITY_DOMAIN REF_COLUMN_NAME REF_ARG_COLUMN_NAMES TAG_DATABASE TAG_SCHEMA TAG_NAME POLICY_STATUS", rows);

        void Add(TableItem table, string name, string kind, string? column, IReadOnlyList<string> arguments)
        {
            var parts = name.Split('.');
            if (policy is not null && parts[^1] != policy.Split('.')[^1]) return;
            rows.Add([parts[0], parts[1], parts[2], kind, table.Database, table.Schema, table.Name, "TABLE", column, arguments.Count == 0 ? null : "[ " + string.Join(", ", arguments.Select(a => "\"" + a + "\"")) + " ]", null, null, null, "ACTIVE"]);
        }
    }

    private static Relation Tags(StatementRun run, string name, bool columns)
    {
        var table = Table(run, name);
        var rows = table.Tags.Select(t => Row(t.Key, t.Value, "TABLE", null));
        if (columns) rows = rows.Concat(table.Columns.SelectMany(c => c.Tags.Select(t => Row(t.Key, t.Value, "COLUMN", c.Name))));
        return Of("TAG_DATABASE TAG_SCHEMA TAG_NAME TAG_VALUE LEVEL OBJECT_DATABASE OBJECT_SCHEMA OBJECT_NAME DOMAIN COLUMN_NAME APPLY_METHOD", rows);

        object?[] Row(string tag, string value, string level, string? column)
        {
            var parts = tag.Split('.');
            return [parts[0], parts[1], parts[2], value, level, table.Database, table.Schema, table.Name, level, column, "MANUAL"];
        }
    }
}
