using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>
/// A connection to a model as the official driver is one: to a model in this process, or, by <c>host</c> and <c>port</c> of the connection string, to a
/// <see cref="SnowflakeServer"/>. Keys that it knows: user, password, role, warehouse, db, schema, query_tag, host, port; others it ignores, as the driver does.
/// </summary>
public sealed class ModelConnection : DbConnection
{
    private readonly SnowflakeModel? model;
    private DbConnectionStringBuilder settings = [];
    private ConnectionState state;

    /// <summary>A connection to a server.</summary>
    public ModelConnection()
    {
    }

    /// <summary>A connection to a model in this process.</summary>
    public ModelConnection(SnowflakeModel model, string connectionString = "")
    {
        this.model = model;
        settings.ConnectionString = connectionString;
    }

    /// <inheritdoc/>
    [AllowNull]
    public override string ConnectionString
    {
        get => settings.ConnectionString;
        set => settings = new DbConnectionStringBuilder { ConnectionString = value };
    }

    /// <inheritdoc/>
    public override string Database => Backend?.Database ?? Setting("db") ?? "";

    /// <inheritdoc/>
    public override string DataSource => Setting("host") ?? "";

    /// <inheritdoc/>
    public override string ServerVersion => model?.Version ?? "";

    /// <inheritdoc/>
    public override ConnectionState State => state;

    /// <summary>The session in this process; null when the connection is closed or goes to a server.</summary>
    public ModelSession? Session => (Backend as SessionBackend)?.Session;

    internal IModelBackend? Backend { get; private set; }

    /// <inheritdoc/>
    public override void Open()
    {
        if (state == ConnectionState.Open) return;
        try
        {
            if (model is not null)
            {
                var user = Setting("user") ?? "U";
                if (model.Passwords.TryGetValue(user, out var password) && password != Setting("password")) throw new ModelError(390100, "08001", "Incorrect username or password was specified.");
                Backend = new SessionBackend(model.OpenSession(user, Setting("role"), Setting("db") ?? "DB1", Setting("schema") ?? "S1", Setting("warehouse") ?? "WH"), Setting("query_tag"));
            }
            else Backend = WireBackend.Open(Setting);
        }
        catch (ModelError e)
        {
            throw new ModelDbException(270001, "08006", null, "Error: Unable to connect. " + e.Message, ModelDbException.Of(e));
        }
        Become(ConnectionState.Open);
    }

    /// <inheritdoc/>
    public override Task OpenAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.Run(Open, CancellationToken.None);
    }

    /// <inheritdoc/>
    public override void Close()
    {
        if (state == ConnectionState.Closed) return;
        if (state == ConnectionState.Open) Backend?.Close();
        Backend = null;
        Become(ConnectionState.Closed);
    }

    /// <summary>The process dies, so to say: the server hears nothing, and an open transaction stays open there.</summary>
    public void Abandon()
    {
        Backend?.Abandon();
        Become(ConnectionState.Broken);
    }

    /// <inheritdoc/>
    public override void ChangeDatabase(string databaseName)
    {
        using var command = CreateDbCommand();
        command.CommandText = "USE DATABASE \"" + databaseName.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
        command.ExecuteNonQuery();
    }

    /// <inheritdoc/>
    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel)
    {
        if (isolationLevel is not (IsolationLevel.Unspecified or IsolationLevel.ReadCommitted)) throw new ModelDbException(270009, "0A000", null, "Only READ COMMITTED is supported.");
        var transaction = new ModelDbTransaction(this);
        transaction.Run("BEGIN");
        return transaction;
    }

    /// <inheritdoc/>
    protected override DbCommand CreateDbCommand() => new ModelCommand { Connection = this };

    /// <inheritdoc/>
    protected override DbProviderFactory DbProviderFactory => model is null ? ModelProviderFactory.Instance : new ModelProviderFactory(model);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) Close();
        base.Dispose(disposing);
    }

    internal void Break()
    {
        if (state == ConnectionState.Open) Become(ConnectionState.Broken);
    }

    private void Become(ConnectionState next)
    {
        var before = state;
        state = next;
        if (before != next) OnStateChange(new StateChangeEventArgs(before, next));
    }

    private string? Setting(string key) => settings.TryGetValue(key, out var value) ? value.ToString() : null;
}

/// <summary>A transaction over BEGIN, COMMIT and ROLLBACK.</summary>
internal sealed class ModelDbTransaction(ModelConnection connection) : DbTransaction
{
    private bool open = true;

    public override IsolationLevel IsolationLevel => IsolationLevel.ReadCommitted;

    protected override DbConnection DbConnection => connection;

    public override void Commit()
    {
        Run("COMMIT");
        open = false;
    }

    public override void Rollback()
    {
        Run("ROLLBACK");
        open = false;
    }

    public void Run(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && open && connection.State == ConnectionState.Open) Rollback();
        base.Dispose(disposing);
    }
}

/// <summary>Makes connections: to one model, or (<see cref="Instance"/>) to servers by their connection strings.</summary>
public sealed class ModelProviderFactory(SnowflakeModel? model) : DbProviderFactory
{
    public static readonly ModelProviderFactory Instance = new(null);

    /// <inheritdoc/>
    public override DbConnection CreateConnection() => model is null ? new ModelConnection() : new ModelConnection(model);

    /// <inheritdoc/>
    public override DbCommand CreateCommand() => new ModelCommand();

    /// <inheritdoc/>
    public override DbParameter CreateParameter() => new ModelParameter();

    /// <inheritdoc/>
    public override DbConnectionStringBuilder CreateConnectionStringBuilder() => [];
}
