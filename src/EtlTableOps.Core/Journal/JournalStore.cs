using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Plans;
using EtlTableOps.Tables;

namespace EtlTableOps.Journal;

/// <summary>
/// The journal in the user's database: two plain tables in the live table's schema, so that whoever may work on the table may
/// write it, and every machine finds it. Its SQL is the part that all engines share.
/// </summary>
internal sealed class JournalStore
{
    /// <summary>The table of swaps, one row each.</summary>
    public const string SwapsName = "etltableops_journal";

    /// <summary>The table of lines, one row for each step that was run.</summary>
    public const string LinesName = "etltableops_journal_lines";

    private const string Timestamps = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";
    private readonly IEngineSession session;
    private readonly TableName swaps;
    private readonly TableName lines;

    /// <summary>The journal beside tables of this schema.</summary>
    public JournalStore(IEngineSession session, string? schema)
    {
        this.session = session;
        swaps = new TableName(schema, SwapsName);
        lines = new TableName(schema, LinesName);
    }

    private IDialect Dialect => session.Dialect;

    /// <summary>The same journal, written in another session's transactions.</summary>
    public JournalStore On(IEngineSession other) => new(other, swaps.Schema);

    /// <summary>Creates the tables where they are missing.</summary>
    public IReadOnlyList<Sql> CreateStatements() =>
    [
        Sql.Write(Dialect, $"CREATE TABLE IF NOT EXISTS {swaps} (id text PRIMARY KEY, operation text NOT NULL, live_schema text, live_table text NOT NULL, incoming_table text NOT NULL, version_table text, version_state text NOT NULL, state text NOT NULL, revision bigint NOT NULL, begun text NOT NULL, changed text NOT NULL, host text NOT NULL, process_id bigint NOT NULL, db_user text NOT NULL, details text NOT NULL)"),
        Sql.Write(Dialect, $"CREATE TABLE IF NOT EXISTS {lines} (swap_id text NOT NULL, line bigint NOT NULL, logged_at text NOT NULL, operation text NOT NULL, step text NOT NULL, statements text NOT NULL, row_count bigint NOT NULL, seconds double precision NOT NULL, who text NOT NULL, PRIMARY KEY (swap_id, line))"),
    ];

    /// <summary>Whether the journal is there.</summary>
    public async Task<bool> ExistsAsync(CancellationToken token)
    {
        var journals = await session.FindJournalsAsync(token).ConfigureAwait(false);
        return journals.Any(j => j.Schema == swaps.Schema);
    }

    /// <summary>Adds a swap.</summary>
    public async Task<SwapRecord> InsertAsync(SwapRecord record, CancellationToken token)
    {
        var stamped = Stamp(record) with { Begun = DateTime.UtcNow, Revision = 1 };
        var sql = Sql.Write(Dialect, $"INSERT INTO {swaps} (id, operation, live_schema, live_table, incoming_table, version_table, version_state, state, revision, begun, changed, host, process_id, db_user, details) VALUES (@id, @operation, @live_schema, @live_table, @incoming_table, @version_table, @version_state, @state, @revision, @begun, @changed, @host, @process_id, @db_user, @details)");
        var insert = sql.With(
            new("operation", stamped.Operation.ToString()),
            new("live_schema", stamped.Live.Schema),
            new("live_table", stamped.Live.Name),
            new("incoming_table", stamped.Incoming.Name),
            new("begun", Text(stamped.Begun))).With(Changing(stamped));
        await Patience.WhileBusyAsync(session, () => session.ExecuteAsync(insert, token), token).ConfigureAwait(false);
        return stamped;
    }

    /// <summary><see cref="UpdateAsync"/> outside a transaction, where the database may be busy.</summary>
    public Task<SwapRecord> SaveAsync(SwapRecord record, CancellationToken token) =>
        Patience.WhileBusyAsync(session, () => UpdateAsync(record, token), token);

    /// <summary>
    /// Changes a swap's row within a transaction, provided that nobody changed it since it was read: of two that try, one wins.
    /// </summary>
    public async Task<SwapRecord> UpdateAsync(SwapRecord record, CancellationToken token)
    {
        var (sql, stamped) = PrepareUpdate(record);
        if (await session.ExecuteAsync(sql, token).ConfigureAwait(false) == 1) return stamped;
        var now = await ReadAsync(record.Id, token).ConfigureAwait(false);
        throw new EtlException(ErrorCode.OperationInProgress, record.Live, now is null ? $"swap {record.Id} is in the journal no more" : ChangedBy(now)) { SwapId = record.Id };
    }

    /// <summary>The statement of <see cref="UpdateAsync"/>, made beforehand so that no work is left for the time under a lock.</summary>
    public (Sql Sql, SwapRecord Record) PrepareUpdate(SwapRecord record)
    {
        var stamped = Stamp(record) with { Revision = record.Revision + 1 };
        var sql = Sql.Write(Dialect, $"UPDATE {swaps} SET version_table = @version_table, version_state = @version_state, state = @state, revision = @revision, changed = @changed, host = @host, process_id = @process_id, db_user = @db_user, details = @details WHERE id = @id AND revision = @read_revision");
        return (sql.With(new SqlParameter("read_revision", record.Revision)).With(Changing(stamped)), stamped);
    }

    /// <summary>Who changed a record last, for people.</summary>
    public static string ChangedBy(SwapRecord record) =>
        string.Create(CultureInfo.InvariantCulture, $"{record.User} on {record.Host}, process {record.ProcessId}, changed swap {record.Id} at {record.Changed:yyyy-MM-dd HH:mm:ss} UTC");

    /// <summary>Reads one swap; null when it is not there.</summary>
    public async Task<SwapRecord?> ReadAsync(string id, CancellationToken token)
    {
        var sql = Sql.Write(Dialect, $"SELECT id, operation, live_schema, live_table, incoming_table, version_table, version_state, state, revision, begun, changed, host, process_id, db_user, details FROM {swaps} WHERE id = {new SqlParameter("id", id)}");
        var rows = await session.QueryAsync(sql, Map, token).ConfigureAwait(false);
        return rows.Count > 0 ? rows[0] : null;
    }

    /// <summary>All swaps of a live table, or of all when null, newest first.</summary>
    public async Task<IReadOnlyList<SwapRecord>> ListAsync(TableName? live, CancellationToken token)
    {
        var where = live is null
            ? new Sql("")
            : Sql.Write(Dialect, $" WHERE live_table = {new SqlParameter("live", live.Name)}");
        var sql = Sql.Write(Dialect, $"SELECT id, operation, live_schema, live_table, incoming_table, version_table, version_state, state, revision, begun, changed, host, process_id, db_user, details FROM {swaps}{new SqlText(where.Text)} ORDER BY begun DESC, id DESC");
        return await session.QueryAsync(sql.With([.. where.Parameters]), Map, token).ConfigureAwait(false);
    }

    /// <summary>Adds a line.</summary>
    public Task AppendAsync(string swapId, string operation, string step, IEnumerable<Sql> statements, long rows, TimeSpan elapsed, CancellationToken token) =>
        session.ExecuteAsync(PrepareLine(swapId, operation, step, statements, rows, elapsed), token);

    /// <summary>The statement of <see cref="AppendAsync"/>.</summary>
    public Sql PrepareLine(string swapId, string operation, string step, IEnumerable<Sql> statements, long rows, TimeSpan elapsed)
    {
        var sql = Sql.Write(Dialect, $"INSERT INTO {lines} (swap_id, line, logged_at, operation, step, statements, row_count, seconds, who) SELECT @swap_id, coalesce(max(line), 0) + 1, @logged_at, @operation, @step, @statements, @row_count, @seconds, @who FROM {lines} WHERE swap_id = @swap_id");
        return sql.With(
            new("swap_id", swapId),
            new("logged_at", Text(DateTime.UtcNow)),
            new("operation", operation),
            new("step", step),
            new("statements", string.Join(";\n", statements.Select(s => s.Text))),
            new("row_count", rows),
            new("seconds", elapsed.TotalSeconds),
            new("who", $"{session.Info.User} on {Environment.MachineName}, process {Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}"));
    }

    /// <summary>The lines of a swap in their order.</summary>
    public Task<IReadOnlyList<JournalLine>> LinesAsync(string swapId, CancellationToken token)
    {
        var sql = Sql.Write(Dialect, $"SELECT swap_id, line, logged_at, operation, step, statements, row_count, seconds, who FROM {lines} WHERE swap_id = {new SqlParameter("id", swapId)} ORDER BY line");
        return session.QueryAsync(sql, r => new JournalLine(r.GetString(0), r.GetInt64(1), Time(r.GetString(2)), r.GetString(3), r.GetString(4), r.GetString(5), r.GetInt64(6), r.GetDouble(7), r.GetString(8)), token);
    }

    private static string Text(DateTime time) => time.ToString(Timestamps, CultureInfo.InvariantCulture);

    private static DateTime Time(string text) =>
        DateTime.ParseExact(text, Timestamps, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal);

    private static string? TextOrNull(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private SwapRecord Stamp(SwapRecord record) => record with
    {
        Changed = DateTime.UtcNow,
        Host = Environment.MachineName,
        ProcessId = Environment.ProcessId,
        User = session.Info.User,
    };

    private static SqlParameter[] Changing(SwapRecord record) =>
    [
        new("id", record.Id),
        new("version_table", record.VersionTable?.Name),
        new("version_state", record.Version.ToString()),
        new("state", record.State.ToString()),
        new("revision", record.Revision),
        new("changed", Text(record.Changed)),
        new("host", record.Host),
        new("process_id", (long)record.ProcessId),
        new("db_user", record.User),
        new("details", JsonSerializer.Serialize(record.Details, JournalJson.Default.SwapDetails)),
    ];

    private SwapRecord Map(DbDataReader row)
    {
        var schema = TextOrNull(row, 2);
        return new SwapRecord
        {
            Id = row.GetString(0),
            Operation = Enum.Parse<SwapOperation>(row.GetString(1)),
            Live = new TableName(schema, row.GetString(3)),
            Incoming = new TableName(schema, row.GetString(4)),
            VersionTable = TextOrNull(row, 5) is { } version ? new TableName(schema, version) : null,
            Version = Enum.Parse<VersionState>(row.GetString(6)),
            State = Enum.Parse<SwapState>(row.GetString(7)),
            Revision = row.GetInt64(8),
            Begun = Time(row.GetString(9)),
            Changed = Time(row.GetString(10)),
            Host = row.GetString(11),
            ProcessId = (int)row.GetInt64(12),
            User = row.GetString(13),
            Details = JsonSerializer.Deserialize(row.GetString(14), JournalJson.Default.SwapDetails)
                ?? throw new EtlException(ErrorCode.StatementFailed, "The journal's document is empty", swaps),
        };
    }
}
