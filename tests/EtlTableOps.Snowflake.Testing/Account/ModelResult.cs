namespace EtlTableOps.Snowflake.Testing;

/// <summary>A column of a result.</summary>
public sealed record ResultColumn(string Name, SfType Type, bool Nullable = true);

/// <summary>What a statement answers.</summary>
public sealed class ModelResult
{
    public required IReadOnlyList<ResultColumn> Columns { get; init; }

    public required IReadOnlyList<object?[]> Rows { get; init; }

    /// <summary>The kind of statement on the wire; see <see cref="StatementTypes"/>.</summary>
    public long StatementType { get; init; } = StatementTypes.Select;

    /// <summary>Rows that a DML statement changed; 0 for others.</summary>
    public long Affected { get; init; }

    public string QueryId { get; internal set; } = "";

    /// <summary>The file transfer that the client has to do; null for other statements.</summary>
    public FileTransfer? Transfer { get; init; }

    public static ModelResult Status(string text, long type = StatementTypes.Ddl) => new()
    {
        Columns = [new ResultColumn("status", SfType.Text)],
        Rows = [[text]],
        StatementType = type,
    };

    internal static ModelResult Dml(long type, params (string Name, long Count)[] counts) => new()
    {
        Columns = [.. counts.Select(c => new ResultColumn(c.Name, SfType.Number(19, 0), false))],
        Rows = [[.. counts.Select(c => (object?)(decimal)c.Count)]],
        StatementType = type,
        Affected = counts.Where(c => !c.Name.Contains("multi-joined", StringComparison.Ordinal)).Sum(c => c.Count),
    };
}

/// <summary>PUT: these files go into this folder.</summary>
public sealed record FileTransfer(string Source, string Folder, bool Compress, bool Overwrite);

/// <summary>Numbers of the kinds of statements in the driver's protocol.</summary>
public static class StatementTypes
{
    public const long Select = 0x1000;
    public const long Show = 0x1000;
    public const long Insert = 0x3100;
    public const long Update = 0x3200;
    public const long Delete = 0x3300;
    public const long Merge = 0x3400;
    public const long MultiInsert = 0x3500;
    public const long Copy = 0x3600;
    public const long AlterSession = 0x4100;
    public const long Use = 0x4300;
    public const long Transaction = 0x5000;
    public const long Begin = 0x5001;
    public const long Commit = 0x5002;
    public const long Rollback = 0x5003;
    public const long Ddl = 0x6000;
    public const long PutFiles = 0x7102;
}
