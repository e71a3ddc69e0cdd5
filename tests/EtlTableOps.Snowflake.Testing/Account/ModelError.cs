namespace EtlTableOps.Snowflake.Testing;

/// <summary>
/// An error as Snowflake answers it. The codes are those of engines.md 1.10 where it has one; the others are what accounts are commonly seen to answer.
/// </summary>
public sealed class ModelError(int code, string? sqlState, string message) : Exception(message)
{
    /// <summary>Snowflake's number of the error, without leading zeros.</summary>
    public int Code { get; } = code;

    public string? SqlState { get; } = sqlState;

    /// <summary>The statement that failed.</summary>
    public string? QueryId { get; internal set; }

    public static ModelError Syntax(string sql, int position, string unexpected)
    {
        var before = sql.AsSpan(0, Math.Min(position, sql.Length));
        var line = before.Count('\n') + 1;
        return new(1003, "42000", $"SQL compilation error:\nsyntax error line {line} at position {before.Length - before.LastIndexOf('\n') - 1} unexpected '{unexpected}'.");
    }

    /// <summary>A table that a query or a DML statement names is not there, or not for this role.</summary>
    public static ModelError NoObject(string name) => new(2003, "42S02", $"SQL compilation error:\nObject '{name}' does not exist or not authorized.");

    /// <summary>The same for what a DDL statement names.</summary>
    public static ModelError Missing(string kind, string name) => new(2003, "02000", $"SQL compilation error:\n{kind} '{name}' does not exist or not authorized.");

    public static ModelError Exists(string name) => new(2002, "42710", $"SQL compilation error:\nObject '{name}' already exists.");

    public static ModelError Unauthorized(string kind, string name) => new(3001, "42501", $"SQL access control error:\nInsufficient privileges to operate on {kind} '{name}'.");

    public static ModelError InvalidIdentifier(string name) => new(904, "42000", $"SQL compilation error: error line 1 at position 0\ninvalid identifier '{name}'");

    public static ModelError Compilation(string message) => new(2099, "42601", "SQL compilation error:\n" + message);

    public static ModelError Unsupported(string what) => new(2, "0A000", $"Unsupported feature '{what}'.");

    public static ModelError Number(string text) => new(100038, "22018", $"Numeric value '{text}' is not recognized");

    public static ModelError OutOfRange(string text) => new(100039, "22003", $"Numeric value '{text}' is out of range");

    public static ModelError BooleanValue(string text) => new(100037, "22018", $"Boolean value '{text}' is not recognized");

    public static ModelError MomentValue(string text, SfKind kind) => kind == SfKind.Date
        ? new(100040, "22007", $"Date '{text}' is not recognized")
        : kind == SfKind.Time ? new(100108, "22007", $"Time '{text}' is not recognized") : new(100035, "22007", $"Timestamp '{text}' is not recognized");

    public static ModelError TooLong(string text) => new(100078, "22000", $"String '{text}' is too long and would be truncated");

    public static ModelError NullValue(string column) => new(100072, "22000", $"NULL result in a non-nullable column: {column}");

    public static ModelError ZeroDivisor() => new(100051, "22012", "Division by zero");

    public static ModelError Nondeterministic() => new(100090, "42P18", "Duplicate row detected during DML action");

    public static ModelError NoTimeTravel(string name) => new(707, "02000", $"Time travel data is not available for table {name}. The requested time is either beyond the allowed time travel period or before the object creation time.");

    public static ModelError NoChanges(string name) => new(707, "02000", $"Change tracking is not enabled or has been missing for the time range requested on table '{name}'.");

    public static ModelError Cancelled() => new(604, "57014", "SQL execution canceled");

    public static ModelError TimedOut(long seconds) => new(630, "57014", $"Statement reached its statement or warehouse timeout of {seconds} second(s) and was canceled.");

    public static ModelError NoWarehouse() => new(606, "57P03", "No active warehouse selected in the current session.  Select an active warehouse with the 'use warehouse' command.");

    public static ModelError SessionExpired() => new(390112, null, "Your session has expired. Please login again.");

    public static ModelError SessionGone() => new(390111, null, "Session no longer exists.  New login required to access the service.");

    /// <summary>No documented code is known for the end of LOCK_TIMEOUT (engines.md 1.10): the state and the text are what can be told it by.</summary>
    public static ModelError LockTimeout(string table) => new(635, "57014", $"Statement was aborted because it waited longer than LOCK_TIMEOUT for a lock on table '{table}'.");
}
