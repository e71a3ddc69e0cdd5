using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EtlTableOps.Engines;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <summary>Writes PostgreSQL's SQL (12 and later).</summary>
public sealed partial class PostgreSqlDialect(int serverMajorVersion) : IDialect
{
    /// <summary>
    /// Only catalog names without a schema are meant, and a temporary table of somebody's cannot stand in their way. Every name that we write has
    /// its schema; what the server wrote for us was written under the same path.
    /// </summary>
    private static readonly Sql PinPath = new("SET LOCAL search_path = pg_catalog, pg_temp");

    /// <inheritdoc/>
    public IdentifierFolding Folding => IdentifierFolding.Lower;

    /// <inheritdoc/>
    public SqlText? OwnRows => new(serverMajorVersion >= 13
        ? "xmin = pg_catalog.pg_current_xact_id()::pg_catalog.xid"
        : "xmin::pg_catalog.text = (pg_catalog.txid_current() % 4294967296)::pg_catalog.text");

    internal int ServerMajor => serverMajorVersion;

    /// <inheritdoc/>
    public string Quote(string identifier)
    {
        ArgumentNullException.ThrowIfNull(identifier);
        return "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
    }

    /// <inheritdoc/>
    public string Literal(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var quoted = "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

        // An E'' literal means the same whatever standard_conforming_strings says.
        return text.Contains('\\', StringComparison.Ordinal) ? " E" + quoted.Replace("\\", "\\\\", StringComparison.Ordinal) : quoted;
    }

    /// <inheritdoc/>
    public SqlText Convert(SqlText expression, string type)
    {
        ArgumentNullException.ThrowIfNull(type);

        // An explicit cast to a type with a length cuts in silence; without the length, storing the value checks it.
        var target = TypeText.IsLimited(type) ? "text" : type;
        return SqlText.Write(this, $"CAST({expression} AS {new SqlText(target)})");
    }

    /// <inheritdoc/>
    public Sql ObjectIdOf(TableName table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.Schema is { } schema
            ? Sql.Write(this, $"SELECT c.oid::pg_catalog.text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {new SqlLiteral(schema)} AND c.relname = {new SqlLiteral(table.Name)}")
            : Sql.Write(this, $"SELECT c.oid::pg_catalog.text FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass({new SqlLiteral(Quote(table.Name))})");
    }

    /// <inheritdoc/>
    public IReadOnlyList<Sql> DropTable(TableName table)
    {
        ArgumentNullException.ThrowIfNull(table);

        // Never CASCADE: what still hangs on it is a reason to stop.
        return [Sql.Write(this, $"DROP TABLE IF EXISTS {table}")];
    }

    private static string ShortHash(string text) =>
        System.Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8].ToLower(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public Sql InsertRows(TableName into, IReadOnlyList<Column> columns, IReadOnlyList<SqlText> values, SqlText from)
    {
        ArgumentNullException.ThrowIfNull(columns);
        return Sql.Write(this, $"INSERT INTO {into} ({columns.Select(c => new Id(c.Name))}) OVERRIDING SYSTEM VALUE SELECT {values} FROM {from}");
    }

    /// <inheritdoc/>
    public SqlText? NextNumber(TableShape live, Column column)
    {
        ArgumentNullException.ThrowIfNull(column);
        var table = Own(live);
        return table.Facts.TryGetValue(column.Name, out var facts) && facts.Sequence is { } sequence
            ? SqlText.Write(this, $"pg_catalog.nextval({new SqlLiteral(Qualified(table.Name.WithName(sequence)))}::pg_catalog.regclass)")
            : null;
    }

    /// <inheritdoc/>
    public Sql TakeNumbers(SqlText nextNumber) => Sql.Write(this, $"SELECT {nextNumber} FROM pg_catalog.generate_series(1, @count::bigint)");

    private static PostgreSqlTable Own(TableShape shape) => shape as PostgreSqlTable
        ?? throw new ArgumentException("The table was read by another engine.", nameof(shape));

    private static SqlText Names(ISqlQuoting quoting, IEnumerable<string> names, string? qualifier = null) =>
        SqlText.Join(", ", names.Select(n => qualifier is null ? SqlText.Write(quoting, $"{new Id(n)}") : SqlText.Write(quoting, $"{new Id(qualifier)}.{new Id(n)}")));
}
