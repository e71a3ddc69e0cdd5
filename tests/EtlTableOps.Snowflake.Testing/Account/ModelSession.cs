using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>One session of the model: settings, the open transaction, the statements it ran. One statement at a time; Cancel comes from elsewhere.</summary>
public sealed class ModelSession
{
    private static readonly Dictionary<string, string> Defaults = new(StringComparer.Ordinal)
    {
        ["TIMEZONE"] = "America/Los_Angeles",
        ["AUTOCOMMIT"] = "true",
        ["QUERY_TAG"] = "",
        ["LOCK_TIMEOUT"] = "43200",
        ["STATEMENT_TIMEOUT_IN_SECONDS"] = "172800",
        ["STATEMENT_QUEUED_TIMEOUT_IN_SECONDS"] = "0",
        ["ABORT_DETACHED_QUERY"] = "false",
        ["QUOTED_IDENTIFIERS_IGNORE_CASE"] = "false",
        ["MULTI_STATEMENT_COUNT"] = "1",
        ["ERROR_ON_NONDETERMINISTIC_MERGE"] = "true",
        ["READ_CONSISTENCY_MODE"] = "SESSION",
        ["DATA_RETENTION_TIME_IN_DAYS"] = "1",
        ["TIMESTAMP_TYPE_MAPPING"] = "TIMESTAMP_NTZ",
    };

    private readonly List<string> ran = [];
    private readonly Dictionary<string, ModelResult> results = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> parameters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ModelBind> variables = new(StringComparer.Ordinal);
    private StatementRun? current;

    internal ModelSession(SnowflakeModel model, string user, string role, string? database, string? schema, string? warehouse)
    {
        Model = model;
        User = user.ToUpperInvariant();
        Role = role;
        Database = database;
        Schema = schema;
        Warehouse = warehouse;
        Created = Moment.OfNanoseconds(model.Now());
        model.Roles.Add(role);
    }

    public Moment Created { get; }

    public SnowflakeModel Model { get; }

    public long Id { get; internal init; }

    public string User { get; }

    public string Role { get; set; }

    public string? Database { get; set; }

    public string? Schema { get; set; }

    public string? Warehouse { get; set; }

    /// <summary>The client is gone; the server does not know yet, and an open transaction stays open.</summary>
    public bool IsLost { get; private set; }

    public bool IsClosed { get; private set; }

    public bool InTransaction => Transaction is not null;

    internal ModelTransaction? Transaction { get; set; }

    internal IReadOnlyDictionary<string, string> Parameters => parameters;

    /// <summary>The statement that runs now; null when none does.</summary>
    public string? RunningQueryId => current?.QueryId;

    /// <summary>A session parameter as text.</summary>
    public string Parameter(string name) => parameters.GetValueOrDefault(name) ?? Model.Parameters.GetValueOrDefault(name) ?? Defaults.GetValueOrDefault(name) ?? throw new ModelError(1006, "22023", $"SQL compilation error:\ninvalid parameter '{name}'");

    internal static IEnumerable<string> ParameterNames => Defaults.Keys;

    internal static string DefaultOf(string name) => Defaults[name];

    internal long Seconds(string name) => long.Parse(Parameter(name), CultureInfo.InvariantCulture);

    /// <summary>A session variable.</summary>
    internal ModelBind Variable(string name) => variables.GetValueOrDefault(name) ?? throw new ModelError(2211, "42601", $"SQL compilation error:\nSession variable '${name}' does not exist");

    internal void SetVariable(string name, ModelBind? value)
    {
        if (value is null) variables.Remove(name);
        else variables[name] = value;
    }

    /// <summary>How many statements a request may have when it does not say: MULTI_STATEMENT_COUNT of the session.</summary>
    internal int StatementCount => int.Parse(Parameter("MULTI_STATEMENT_COUNT"), CultureInfo.InvariantCulture);

    internal void Set(string name, string? value)
    {
        if (!Defaults.ContainsKey(name) && !name.StartsWith("CLIENT_", StringComparison.Ordinal)) throw new ModelError(1006, "22023", $"SQL compilation error:\ninvalid parameter '{name}'");
        if (value is null) parameters.Remove(name);
        else parameters[name] = value;
    }

    /// <summary>Runs one statement.</summary>
    /// <param name="sql">The statement, with question marks for values.</param>
    /// <param name="binds">Their values in order.</param>
    /// <param name="tag">The query tag of this statement alone; null for the session's.</param>
    /// <param name="started">Hears the query id before anything happens.</param>
    /// <exception cref="ModelError">Snowflake would answer this error.</exception>
    /// <exception cref="ConnectionLostException">A fault cut the connection.</exception>
    public ModelResult Execute(string sql, IReadOnlyList<ModelBind>? binds = null, string? tag = null, Action<string>? started = null)
    {
        if (IsLost || IsClosed) throw ModelError.SessionGone();
        var record = new QueryRecord { Id = Model.NewQueryId(), Text = sql, Tag = tag ?? Parameter("QUERY_TAG"), Session = this, Started = Moment.OfNanoseconds(Model.Clock()), Database = Database, Schema = Schema, Warehouse = Warehouse };
        Model.Record(record);
        started?.Invoke(record.Id);
        var run = new StatementRun(this, sql, binds ?? [], record);
        current = run;
        try
        {
            Strike(run, FaultTime.BeforeExecution);
            var result = Perform(run);
            result.QueryId = record.Id;
            record.RowsProduced = result.Affected > 0 ? result.Affected : result.Rows.Count;
            record.Status = "SUCCESS";
            record.Ended = Moment.OfNanoseconds(Model.Now());
            ran.Add(record.Id);
            results[record.Id] = result;
            Strike(run, FaultTime.AfterExecution);
            return result;
        }
        catch (ModelError e)
        {
            e.QueryId = record.Id;
            // A statement that was done before the fault stays done in the history.
            if (record.Status == "RUNNING") (record.Status, record.ErrorCode, record.ErrorMessage) = ("FAILED_WITH_ERROR", e.Code, e.Message);
            record.Ended ??= Moment.OfNanoseconds(Model.Now());
            throw;
        }
        catch (ConnectionLostException)
        {
            if (record.Status == "RUNNING") record.Status = "FAILED_WITH_ERROR";
            Abandon();
            throw;
        }
        finally
        {
            current = null;
        }
    }

    /// <summary>Cancels the running statement, of this id if one is given.</summary>
    public void Cancel(string? queryId = null)
    {
        if (current is { } running && (queryId is null || running.QueryId == queryId)) running.Cancel();
    }

    /// <summary>The client is gone without a word.</summary>
    public void Abandon() => IsLost = true;

    /// <summary>The client says good-bye: an open transaction is rolled back.</summary>
    public void Close()
    {
        if (IsLost || IsClosed) return;
        lock (Model.Gate) Rollback();
        IsClosed = true;
        Model.Close(this);
    }

    /// <summary>Ends the open transaction without its changes. Under the model's lock.</summary>
    internal void Rollback()
    {
        Transaction?.Release(Model);
        Transaction = null;
    }

    internal void Commit(QueryRecord? record = null)
    {
        if (Transaction is { } open)
        {
            var time = open.Commit(Model);
            if (record is not null) record.Committed = time;
        }
        Transaction = null;
    }

    internal ModelTransaction Begin(bool asked) => new() { Id = Model.Now() / 1_000_000, Explicit = asked };

    /// <summary>A statement of this session; -1 is the last one.</summary>
    internal string? LastQueryId(int number) => number < 0 ? ran.Count + number >= 0 ? ran[ran.Count + number] : null : number >= 1 && number <= ran.Count ? ran[number - 1] : null;

    internal ModelResult Result(string queryId) => results.GetValueOrDefault(queryId) ?? throw new ModelError(709, "02000", $"Statement {queryId} not found");

    /// <summary>Fails unless the role may do this: without any privilege the object does not exist for it.</summary>
    internal void Require(CatalogItem item, string privilege)
    {
        if (item.Owner == Role || Role == "ACCOUNTADMIN") return;
        var mine = item.Grants.Where(g => g.GrantedTo == "ROLE" && (g.Grantee == Role || g.Grantee == "PUBLIC")).ToList();
        if (mine.Count == 0) throw ModelError.NoObject(item.Name);
        if (!mine.Exists(g => g.Privilege == privilege || g.Privilege == "ALL")) throw ModelError.Unauthorized("table", item.Name);
    }

    private ModelResult Perform(StatementRun run)
    {
        var statement = new Parser(run.Sql, bool.Parse(Parameter("QUOTED_IDENTIFIERS_IGNORE_CASE"))).Single();
        run.Record.Type = statement.Type;
        run.Check();
        if (statement.NeedsWarehouse && (Warehouse is null || !Model.Warehouses.Contains(Warehouse))) throw ModelError.NoWarehouse();
        if (statement.Class == StatementClass.Session)
        {
            lock (Model.Gate) return statement.Prepare(run)();
        }
        if (statement.Class == StatementClass.Ddl)
        {
            lock (Model.Gate)
            {
                // Every DDL commits the open transaction and runs in its own (engines.md 1.4).
                Commit();
                run.Transaction = Begin(false);
                try
                {
                    var result = statement.Prepare(run)();
                    run.Record.Committed = run.Transaction.Commit(Model);
                    return result;
                }
                catch (ModelError)
                {
                    run.Transaction.Release(Model);
                    throw;
                }
            }
        }
        return Data(run, statement);
    }

    private ModelResult Data(StatementRun run, Statement statement)
    {
        var changes = statement.Class == StatementClass.Dml;
        if (changes && Transaction is null && !bool.Parse(Parameter("AUTOCOMMIT"))) Transaction = Begin(false);
        var own = Transaction is null;
        run.Transaction = Transaction ?? Begin(false);
        run.ChangesData = changes;
        try
        {
            Func<ModelResult> body;
            lock (Model.Gate)
            {
                body = statement.Prepare(run);
            }
            var result = body();
            var lost = false;
            if (changes)
            {
                try
                {
                    Strike(run, FaultTime.BeforeCommit);
                }
                catch (ConnectionLostException) when (!bool.Parse(Parameter("ABORT_DETACHED_QUERY")))
                {
                    // By default a statement goes on when its client dies (engines.md 1.9).
                    lost = true;
                }
            }
            if (own)
            {
                lock (Model.Gate) run.Record.Committed = run.Transaction.Commit(Model);
            }
            if (lost)
            {
                run.Record.Status = "SUCCESS";
                throw new ConnectionLostException("while the statement ran");
            }
            return result;
        }
        catch when (own)
        {
            lock (Model.Gate) run.Transaction.Release(Model);
            throw;
        }
    }

    private void Strike(StatementRun run, FaultTime time)
    {
        if (Model.Faults?.Invoke(new StatementMoment(this, run.QueryId, run.Sql, time)) is not { } fault) return;
        if (fault.Delay > TimeSpan.Zero) run.Wait(fault.Delay);
        if (fault.DropAnswer) run.Record.Dropped = true;
        if (fault.LoseConnection) throw new ConnectionLostException(time.ToString());
        if (fault.Error is { } error) throw error;
    }
}
