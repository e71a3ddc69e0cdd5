using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace EtlTableOps.Snowflake.Tests.Connecting;

/// <summary>A driver that notes what it is asked and answers what a test says.</summary>
internal sealed class ScriptedDriver(Func<string, DataTable?> answer) : DbProviderFactory
{
    public List<string> Statements { get; } = [];

    public string? ConnectionString { get; private set; }

    public Exception? OpenFailure { get; init; }

    public override DbConnection CreateConnection() => new Connection(this);

    /// <summary>One row, every value under its column's name.</summary>
    public static DataTable Row(params (string Name, object? Value)[] values)
    {
        var table = new DataTable();
        foreach (var (name, _) in values) table.Columns.Add(name, typeof(object));
        table.Rows.Add([.. values.Select(v => v.Value ?? DBNull.Value)]);
        return table;
    }

    private DataTable? Run(string sql)
    {
        lock (Statements) Statements.Add(sql);
        return answer(sql);
    }

    private sealed class Connection(ScriptedDriver driver) : DbConnection
    {
        private ConnectionState state;

        [AllowNull]
        public override string ConnectionString { get => driver.ConnectionString!; set => driver.ConnectionString = value; }

        public override string Database => "";

        public override string DataSource => "";

        public override string ServerVersion => "";

        public override ConnectionState State => state;

        public override void Open() => state = driver.OpenFailure is { } failure ? throw failure : ConnectionState.Open;

        public override void Close() => state = ConnectionState.Closed;

        public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

        protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => throw new NotSupportedException();

        protected override DbCommand CreateDbCommand() => new Command(driver);
    }

    private sealed class Command(ScriptedDriver driver) : DbCommand
    {
        [AllowNull]
        public override string CommandText { get; set; } = "";

        public override int CommandTimeout { get; set; }

        public override CommandType CommandType { get; set; }

        public override bool DesignTimeVisible { get; set; }

        public override UpdateRowSource UpdatedRowSource { get; set; }

        protected override DbConnection? DbConnection { get; set; }

        protected override DbParameterCollection DbParameterCollection => throw new NotSupportedException();

        protected override DbTransaction? DbTransaction { get; set; }

        public override void Cancel()
        {
        }

        public override void Prepare()
        {
        }

        public override int ExecuteNonQuery()
        {
            driver.Run(CommandText);
            return 0;
        }

        public override object? ExecuteScalar() => driver.Run(CommandText)?.Rows[0][0];

        protected override DbParameter CreateDbParameter() => throw new NotSupportedException();

        protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => (driver.Run(CommandText) ?? new DataTable()).CreateDataReader();

        // As the real driver does: an upload is refused in a call that does not block.
        protected override Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken) =>
            CommandText.StartsWith("PUT", StringComparison.Ordinal)
                ? throw new NotSupportedException("Get and Put are not supported in async calls.")
                : base.ExecuteDbDataReaderAsync(behavior, cancellationToken);
    }
}

/// <summary>A failure of a server, as the driver tells it.</summary>
internal sealed class ServerFailure(int code, string message, Exception? inner = null) : DbException(message, inner)
{
    public override int ErrorCode => code;
}
