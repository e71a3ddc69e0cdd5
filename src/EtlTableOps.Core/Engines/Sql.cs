using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using EtlTableOps.Tables;

namespace EtlTableOps.Engines;

/// <summary>How an engine writes names and text inside SQL.</summary>
public interface ISqlQuoting
{
    /// <summary>An identifier in the engine's quotes, whatever characters it holds.</summary>
    string Quote(string identifier);

    /// <summary>A text literal.</summary>
    string Literal(string text);
}

/// <summary>A statement with its parameters, ready to run. What is shown is what is run.</summary>
/// <param name="Text">The SQL; a parameter stands in it as <c>@name</c>.</param>
/// <param name="Parameters">The values.</param>
public sealed record Sql(string Text, IReadOnlyList<SqlParameter> Parameters)
{
    /// <summary>A statement without parameters, from text that is SQL already.</summary>
    public Sql(string text)
        : this(text, [])
    {
    }

    /// <summary>
    /// Writes a statement from parts that quote themselves: a hole takes an <see cref="Id"/>, a
    /// <see cref="TableName"/>, a <see cref="SqlText"/>, a <see cref="SqlLiteral"/>, a number or a
    /// <see cref="SqlParameter"/>. A plain string does not compile, and that is the point.
    /// </summary>
    public static Sql Write(ISqlQuoting quoting, [InterpolatedStringHandlerArgument(nameof(quoting))] ref SqlHandler text) => text.ToSql();

    /// <summary>
    /// Statements that the same session must have run just before, such as one that sets a variable which this one reads. A session runs
    /// them with it; a plan shows them before it (<see cref="All"/>).
    /// </summary>
    public IReadOnlyList<Sql> Before { get; init; } = [];

    /// <summary>Everything that is run for this statement, in its order.</summary>
    public IReadOnlyList<Sql> All => [.. Before, this];

    /// <summary>The same statement with these parameters added.</summary>
    public Sql With(params SqlParameter[] parameters) => this with { Parameters = [.. Parameters, .. parameters], Before = [.. Before.Select(b => b.With(parameters))] };

    /// <summary>The text alone.</summary>
    public override string ToString() => Text;
}

/// <summary>A value that travels beside a statement.</summary>
/// <param name="Name">Its name, without the sign before it.</param>
/// <param name="Value">Its value; null is SQL's null.</param>
public sealed record SqlParameter(string Name, object? Value);

/// <summary>An identifier, to be quoted where it is written.</summary>
/// <param name="Name">As the database stores it.</param>
public readonly record struct Id(string Name);

/// <summary>Text that is SQL already: made by a dialect, or given in a parameter documented as SQL.</summary>
/// <param name="Text">The SQL.</param>
public readonly record struct SqlText(string Text)
{
    /// <summary>Writes a fragment from parts that quote themselves; parameters are not allowed in it.</summary>
    public static SqlText Write(ISqlQuoting quoting, [InterpolatedStringHandlerArgument(nameof(quoting))] ref SqlHandler text) => new(text.ToSql().Text);

    /// <summary>
    /// A user's SQL in parentheses. A line comment at its end must not swallow the closing one.
    /// </summary>
    public static SqlText InParentheses(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return new SqlText(sql.Contains("--", StringComparison.Ordinal) ? $"({sql}\n)" : $"({sql})");
    }

    /// <summary>Fragments one after another with something between them.</summary>
    public static SqlText Join(string between, IEnumerable<SqlText> parts) => new(string.Join(between, parts.Select(p => p.Text)));

    /// <summary>The SQL.</summary>
    public override string ToString() => Text;
}

/// <summary>Text to be written as a literal.</summary>
/// <param name="Text">The value.</param>
public readonly record struct SqlLiteral(string Text);

/// <summary>Collects a statement's parts; used by the compiler for <see cref="Sql.Write"/>.</summary>
[InterpolatedStringHandler]
public ref struct SqlHandler
{
    private readonly ISqlQuoting quoting;
    private readonly StringBuilder text;
    private List<SqlParameter>? parameters;

    /// <summary>Called by the compiler.</summary>
    public SqlHandler(int literalLength, int formattedCount, ISqlQuoting quoting)
    {
        this.quoting = quoting;
        text = new StringBuilder(literalLength + (formattedCount * 16));
    }

    /// <summary>SQL written in the source.</summary>
    public readonly void AppendLiteral(string value) => text.Append(value);

    /// <summary>A quoted identifier.</summary>
    public readonly void AppendFormatted(Id value) => text.Append(quoting.Quote(value.Name));

    /// <summary>A quoted table name, with its schema where it has one.</summary>
    public readonly void AppendFormatted(TableName value)
    {
        if (value.Schema is { } schema) text.Append(quoting.Quote(schema)).Append('.');
        text.Append(quoting.Quote(value.Name));
    }

    /// <summary>SQL as it is.</summary>
    public readonly void AppendFormatted(SqlText value) => text.Append(value.Text);

    /// <summary>A text literal.</summary>
    public readonly void AppendFormatted(SqlLiteral value) => text.Append(quoting.Literal(value.Text));

    /// <summary>A whole number.</summary>
    public readonly void AppendFormatted(long value) => text.Append(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Quoted identifiers with commas between them.</summary>
    public readonly void AppendFormatted(IEnumerable<Id> values)
    {
        var first = true;
        foreach (var value in values)
        {
            if (!first) text.Append(", ");
            AppendFormatted(value);
            first = false;
        }
    }

    /// <summary>Fragments with commas between them.</summary>
    public readonly void AppendFormatted(IEnumerable<SqlText> values) => text.AppendJoin(", ", values.Select(v => v.Text));

    /// <summary>A parameter: its name is written, its value travels beside.</summary>
    public void AppendFormatted(SqlParameter value)
    {
        text.Append('@').Append(value.Name);
        parameters ??= [];
        if (!parameters.Exists(p => p.Name == value.Name)) parameters.Add(value);
    }

    internal readonly Sql ToSql() => new(text.ToString(), parameters is null ? [] : parameters);
}
