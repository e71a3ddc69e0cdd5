using System.Data;
using System.Data.Common;
using System.Globalization;
using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Imports;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <summary>One connection to an account, over the driver's base types alone.</summary>
internal sealed class SnowflakeSession : DbSession
{
    private readonly SnowflakeTarget target;
    private readonly SnowflakeFacts facts;
    private readonly SnowflakeEngine engine;

    public SnowflakeSession(DbConnection connection, SnowflakeTarget target, SnowflakeFacts facts, SnowflakeEngine engine)
        : base(connection, new SessionInfo(target.Display(facts), facts.Database, facts.User, facts.Version) { Role = facts.Role, Warehouse = facts.Warehouse })
    {
        this.target = target;
        this.facts = facts;
        this.engine = engine;
    }

    /// <inheritdoc/>
    public override string EngineName => engine.Name;

    /// <inheritdoc/>
    public override EngineCapabilities Capabilities => engine.Capabilities;

    /// <inheritdoc/>
    public override IDialect Dialect => SnowflakeDialect.Instance;

    /// <inheritdoc/>
    public override IStagedLoads StagedLoads => new SnowflakeStagedLoads(this, table => new SnowflakeUpload(Connection, Translate, Dialect, table));

    /// <inheritdoc/>
    public override ICostHistory CostHistory => new SnowflakeCostHistory(this);

    /// <summary>What the server said of the session.</summary>
    internal SnowflakeFacts Facts => facts;

    /// <inheritdoc/>
    public override async Task<IEngineSession> OpenAnotherAsync(CancellationToken token) => await engine.OpenAsync(target, token).ConfigureAwait(false);

    /// <inheritdoc/>
    public override Task<TableShape?> ReadShapeAsync(TableName name, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new SnowflakeCatalog(this).ReadAsync(name, token);
    }

    /// <inheritdoc/>
    public override async Task<string?> ReadObjectIdAsync(TableName name, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(name);
        var found = await ShowAsync(Dialect.ObjectIdOf(name), row => (Name: row.Required("name"), Id: row.Required("created_on")), token).ConfigureAwait(false);
        return found.FirstOrDefault(t => t.Name == name.Name).Id;
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<TableName>> FindJournalsAsync(CancellationToken token)
    {
        const string journal = "etltableops_journal";
        var sql = Sql.Write(Dialect, $"SHOW TABLES LIKE {new SqlLiteral(SnowflakeDialect.Pattern(journal))} IN DATABASE {new Id(facts.Database)}");
        var found = await ShowAsync(sql, row => new TableName(row.Required("schema_name"), row.Required("name")), token).ConfigureAwait(false);
        return [.. found.Where(t => t.Name == journal)];
    }

    /// <inheritdoc/>
    public override Task<IAsyncDisposable?> TryLockOperationAsync(TableName live, string operation, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(live);
        return SnowflakeLease.TryTakeAsync(this, live, operation, token);
    }

    /// <inheritdoc/>
    public override Task<OperationHolder?> FindOperationAsync(TableName live, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(live);
        return SnowflakeLease.FindHolderAsync(this, live, token);
    }

    /// <inheritdoc/>
    /// <remarks>An exchange here waits for no lock that others could be seen to hold.</remarks>
    public override Task<IReadOnlyList<LockHolder>> FindLockHoldersAsync(TableShape live, CancellationToken token) =>
        Task.FromResult<IReadOnlyList<LockHolder>>([]);

    /// <inheritdoc/>
    public override async Task<IBulkWriter> BeginBulkLoadAsync(TableShape table, IReadOnlyList<Column> columns, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(columns);
        return await SnowflakeBulkWriter.BeginAsync(new SnowflakeBulkLoad(this, Connection, Translate, Dialect, table.Name, columns) { InTransaction = InTransaction }, token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>The driver runs a query that is only to be described; no rows are asked for instead.</remarks>
    public override async Task<IReadOnlyList<Column>> DescribeQueryAsync(Sql query, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(query);
        var none = query with { Text = query.Text + "\nLIMIT 0" };
        try
        {
            var command = CreateCommand(none);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    var schema = reader.GetSchemaTable();
                    return [.. Enumerable.Range(0, reader.FieldCount).Select(i => new Column(reader.GetName(i), TypeOf(reader, schema, i), true))];
                }
            }
        }
        catch (Exception e) when (e is not Errors.EtlException)
        {
            throw Translate(e, query, token);
        }
    }

    /// <inheritdoc/>
    public override FailureKind Classify(Exception failure) => SnowflakeFailures.Classify(failure);

    /// <summary>Runs a SHOW or DESCRIBE and maps its rows by the names of their columns, whose number and order change with the service's releases.</summary>
    internal Task<IReadOnlyList<T>> ShowAsync<T>(Sql sql, Func<NamedRow, T> map, CancellationToken token) =>
        QueryAsync(sql, r => map(new NamedRow(r)), token);

    /// <inheritdoc/>
    protected override string Explain(Exception failure) => target.Redact(SnowflakeFailures.Explain(failure));

    /// <inheritdoc/>
    /// <remarks>A transaction is no snapshot: each statement reads what is committed when it begins (READ COMMITTED, Transactions). The live side is read AT a moment where there is one.</remarks>
    public override async Task<string> DescribeStateAsync(ContentQuery live, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(live);
        var begun = string.Create(CultureInfo.InvariantCulture, $"as committed when its statement began, from {DateTime.UtcNow:yyyy-MM-dd HH:mm:ss} UTC on");
        if (live is { Query: null, ExceptLogged: { } log } && log.Watched == live.From)
        {
            var since = await QueryAsync(Sql.Write(Dialect, $"SELECT since_ns FROM {log.Log}"), r => Convert.ToInt64(r.GetValue(0), CultureInfo.InvariantCulture), token).ConfigureAwait(false);
            if (since.Count > 0)
                return string.Create(CultureInfo.InvariantCulture, $"the live table AT {DateTimeOffset.UnixEpoch.AddTicks(since[0] / 100):yyyy-MM-dd HH:mm:ss.fffffff} UTC, the feed's position; the shadow {begun}");
        }
        return live.AsOf is { } moment ? $"the live table {moment}; the shadow {begun}" : $"each table {begun}";
    }

    /// <inheritdoc/>
    /// <remarks>BEGIN reads what was committed before each statement; there is no other mode (Transactions, isolation level).</remarks>
    protected override IReadOnlyList<Sql> BeginStatements(TransactionMode mode, string? snapshot) => [new Sql("BEGIN")];

    /// <inheritdoc/>
    /// <remarks>
    /// The driver knows parameters by their position. Whole numbers are written into the text, because places such as SET and GENERATOR take none.
    /// </remarks>
    protected override DbCommand CreateCommand(Sql sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        var (text, values) = SnowflakeParameters.Place(SnowflakeDialect.Sendable(sql, "The statement"));
        var command = Connection.CreateCommand();
        command.CommandText = text;
        command.CommandTimeout = 0;
        foreach (var value in values)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = (command.Parameters.Count + 1).ToString(CultureInfo.InvariantCulture);
            parameter.DbType = value switch
            {
                double => DbType.Double,
                bool => DbType.Boolean,
                _ => DbType.String,
            };
            parameter.Value = value ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }
        return command;
    }

    /// <summary>The type as SQL. What the driver tells is the kind, and for numbers and texts how long.</summary>
    private static string TypeOf(DbDataReader reader, DataTable? schema, int column)
    {
        var row = schema?.Rows[column];
        int Of(string name) => row is not null && row.Table.Columns.Contains(name) && row[name] is not DBNull ? System.Convert.ToInt32(row[name], CultureInfo.InvariantCulture) : 0;
        var kind = reader.GetDataTypeName(column).ToUpperInvariant();
        return kind switch
        {
            "FIXED" => Of("NumericPrecision") > 0 ? string.Create(CultureInfo.InvariantCulture, $"NUMBER({Of("NumericPrecision")},{Of("NumericScale")})") : "NUMBER(38,0)",
            "REAL" => "FLOAT",
            "TEXT" => Of("ColumnSize") > 0 ? string.Create(CultureInfo.InvariantCulture, $"VARCHAR({Of("ColumnSize")})") : "VARCHAR",
            _ => kind,
        };
    }
}
