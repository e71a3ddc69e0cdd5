using System.Globalization;
using System.Text;
using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Plans;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <summary>Writes Snowflake's SQL. Where a rule comes from the vendor's manual, its page is named.</summary>
public sealed partial class SnowflakeDialect : IDialect
{
    /// <summary>Bytes of a statement's text (Query size limits: 1 MB).</summary>
    private const int LongestText = 1_000_000;

    /// <summary>Keeps no state, so that one will do.</summary>
    public static SnowflakeDialect Instance { get; } = new();

    /// <inheritdoc/>
    public IdentifierFolding Folding => IdentifierFolding.Upper;

    /// <inheritdoc/>
    /// <remarks>Rows of the running transaction carry nothing that tells them from others.</remarks>
    public SqlText? OwnRows => null;

    /// <inheritdoc/>
    public string Quote(string identifier)
    {
        ArgumentNullException.ThrowIfNull(identifier);
        return "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
    }

    /// <inheritdoc/>
    /// <remarks>A backslash escapes inside a literal (String and binary data types, escape sequences).</remarks>
    public string Literal(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal) + "'";
    }

    /// <inheritdoc/>
    /// <remarks>A cast to a text with a length cuts in silence; storing a text that is too long fails.</remarks>
    public SqlText Convert(SqlText expression, string type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return SqlText.Write(this, $"CAST({expression} AS {new SqlText(SnowflakeType.IsText(type) ? "VARCHAR" : type)})");
    }

    /// <inheritdoc/>
    /// <remarks>
    /// When a table was created stays with it at SWAP and RENAME; SHOW tells no other identity. It needs no warehouse and is never out of date, as the
    /// account's views are. Its pattern knows no case, so more than the table may come back (SHOW TABLES).
    /// </remarks>
    public Sql ObjectIdOf(TableName table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return Sql.Write(this, $"SHOW TABLES LIKE {new SqlLiteral(Pattern(table.Name))} IN SCHEMA {new Id(table.Schema!)}");
    }

    /// <summary>LIKE takes % and _ for any characters.</summary>
    internal static string Pattern(string name) => name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);

    /// <inheritdoc/>
    public IReadOnlyList<Sql> DropTable(TableName table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return [Sql.Write(this, $"DROP TABLE IF EXISTS {table}")];
    }

    /// <inheritdoc/>
    public Sql InsertRows(TableName into, IReadOnlyList<Column> columns, IReadOnlyList<SqlText> values, SqlText from)
    {
        ArgumentNullException.ThrowIfNull(columns);
        return Sql.Write(this, $"INSERT INTO {into} ({columns.Select(c => new Id(c.Name))}) SELECT {values} FROM {from}");
    }

    /// <inheritdoc/>
    /// <remarks>A column that takes its default from a sequence can be given the same sequence's numbers; an identity's own cannot be asked for.</remarks>
    public SqlText? NextNumber(TableShape live, Column column)
    {
        ArgumentNullException.ThrowIfNull(column);
        return column.Default is { } value && value.EndsWith(".NEXTVAL", StringComparison.OrdinalIgnoreCase) ? new SqlText(value) : null;
    }

    /// <inheritdoc/>
    public Sql TakeNumbers(SqlText nextNumber) => Sql.Write(this, $"SELECT {nextNumber} FROM TABLE(GENERATOR(ROWCOUNT => @count))");

    /// <inheritdoc/>
    /// <remarks>SWAP takes what it needs by itself; there is no statement that locks a table.</remarks>
    public IReadOnlyList<Sql> LockForExchange(ExchangeBlueprint exchange, TimeSpan? wait) => [];

    /// <inheritdoc/>
    /// <remarks>
    /// HASH_AGG is one hash over all rows in no order, NULL and duplicates counted; it does not add up with that of other rows, so where imports came
    /// in sums of each row's HASH are taken, under two salts (HASH, HASH_AGG).
    /// </remarks>
    public Sql Scan(TableScan scan)
    {
        ArgumentNullException.ThrowIfNull(scan);
        var query = scan.Content;
        var values = HashedOf(query);
        var sums = query.Additive
            ? SqlText.Write(this, $"TO_VARCHAR(COALESCE(SUM(HASH({values})), 0)), TO_VARCHAR(COALESCE(SUM(HASH({new SqlLiteral("etltableops")}, {values})), 0))")
            : SqlText.Write(this, $"TO_VARCHAR(HASH_AGG({values})), '0'");
        var measures = SqlText.Join("", scan.Measures.Select(m => SqlText.Write(this, $", {Measured(m)}")));
        return SinceLog(Sql.Write(this, $"SELECT COUNT(*), {sums}{measures} FROM {RowsOf(query)}"), query);
    }

    private SqlText Measured(ScanMeasure measure)
    {
        var of = SqlText.InParentheses(measure.Of.Text);
        return measure.Kind switch
        {
            ScanMeasureKind.Rows => SqlText.Write(this, $"COUNT_IF{of}"),
            ScanMeasureKind.Values => SqlText.Write(this, $"COUNT{of}"),
            ScanMeasureKind.Min => SqlText.Write(this, $"MIN{of}"),
            ScanMeasureKind.Max => SqlText.Write(this, $"MAX{of}"),
            ScanMeasureKind.Sum => SqlText.Write(this, $"SUM{of}"),
            ScanMeasureKind.Average => SqlText.Write(this, $"AVG{of}"),
            // Both sides of a difference have to be of one kind: a time without a zone is one of UTC, as SYSDATE is.
            ScanMeasureKind.Age when measure.Type.Contains("_TZ", StringComparison.OrdinalIgnoreCase) || measure.Type.Contains("_LTZ", StringComparison.OrdinalIgnoreCase) =>
                SqlText.Write(this, $"DATEDIFF(SECOND, MAX{of}, CURRENT_TIMESTAMP())"),
            ScanMeasureKind.Age => SqlText.Write(this, $"DATEDIFF(SECOND, CAST(MAX{of} AS TIMESTAMP_NTZ), SYSDATE())"),
            _ => SqlText.Write(this, $"COUNT(DISTINCT {of})"),
        };
    }

    /// <inheritdoc/>
    public Sql SelectRows(ContentQuery rows, SqlText what)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return SinceLog(Sql.Write(this, $"SELECT {what} FROM {RowsOf(rows)}"), rows);
    }

    /// <inheritdoc/>
    /// <remarks>REGEXP_LIKE and RLIKE match the whole text; a position tells whether a part does (REGEXP_INSTR).</remarks>
    public SqlText Matches(SqlText value, string pattern) => SqlText.Write(this, $"REGEXP_INSTR(CAST({value} AS VARCHAR), {new SqlLiteral(pattern)}) > 0");

    private List<SqlText> HashedOf(ContentQuery query)
    {
        var values = query.Columns.Select(Comparable).ToList();
        if (values.Count == 0) values.Add(new SqlText("0"));
        return values;
    }

    /// <summary>What is read, with its condition.</summary>
    private SqlText RowsOf(ContentQuery query)
    {
        var from = query.Query is { } whole
            ? SqlText.Write(this, $"{SqlText.InParentheses(whole.Text)} AS q")
            : SqlText.Write(this, $"{query.From!}");
        var at = IsReadAtLog(query) ? SqlText.Write(this, $" {AtSince}") : query.AsOf is { } moment ? SqlText.Write(this, $" {At(moment)}") : new SqlText("");
        var where = query.Where is { } condition ? new SqlText($" WHERE {SqlText.InParentheses(condition.Text)}") : new SqlText("");
        return SqlText.Write(this, $"{from}{at}{where}");
    }

    private static bool IsReadAtLog(ContentQuery query) => query is { Query: null, ExceptLogged: { } log } && log.Watched == query.From;

    private Sql SinceLog(Sql sql, ContentQuery query) => IsReadAtLog(query) ? sql with { Before = [SetSince(query.ExceptLogged!)] } : sql;

    /// <summary>
    /// A value as it is hashed. Numbers hash by value whatever their scale, texts and variants by their content; a text's collation is taken off so
    /// that what it calls equal is not. HASH does not take GEOGRAPHY and GEOMETRY (HASH), so these go by their text.
    /// </summary>
    private SqlText Comparable(ContentColumn column)
    {
        var type = column.Type.Trim();
        if (type.StartsWith("GEO", StringComparison.OrdinalIgnoreCase)) return SqlText.Write(this, $"ST_ASEWKT({column.Expression})");
        if (SnowflakeType.IsText(type))
        {
            var text = SqlText.Write(this, $"CAST({column.Expression} AS VARCHAR)");
            return column.Collation is null ? text : SqlText.Write(this, $"COLLATE({text}, '')");
        }
        return SnowflakeType.IsHashed(type) ? SqlText.Write(this, $"CAST({column.Expression} AS {new SqlText(type)})") : column.Expression;
    }

    /// <summary>Refuses by name what the service refuses for its length.</summary>
    /// <exception cref="EtlException">NotSupported.</exception>
    internal static Sql Sendable(Sql sql, string what)
    {
        if (sql.Text.Length <= LongestText / 4) return sql;
        var bytes = Encoding.UTF8.GetByteCount(sql.Text);
        return bytes <= LongestText ? sql : throw new EtlException(ErrorCode.NotSupported, what, string.Create(CultureInfo.InvariantCulture, $"its text has {bytes:N0} bytes, and the service takes {LongestText:N0}"),
            "Shorten the condition, the query or the expressions: put long lists into a table, and long queries into a view.");
    }

    /// <summary>Looks at all steps before the first has run: what follows an exchange must not be found too long when the exchange is done.</summary>
    private static IReadOnlyList<PlanStep> Sendable(IReadOnlyList<PlanStep> steps)
    {
        foreach (var step in steps)
        {
            foreach (var sql in step.Statements) Sendable(sql, $"The step '{step.Title}'");
        }
        return steps;
    }

    private static SnowflakeTable Own(TableShape shape) => shape as SnowflakeTable
        ?? throw new ArgumentException("The table was read by another engine.", nameof(shape));
}
