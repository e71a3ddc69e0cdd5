using System.Text;

namespace EtlTableOps.Sqlite.Schema;

/// <summary>
/// The text of a <c>CREATE TABLE</c> as SQLite stores it, taken apart so far that columns and constraints can be left out, added or retyped
/// while all the rest stays as its author wrote it. Only the text knows everything: CHECK, COLLATE, conflict clauses,
/// STRICT, generated columns (manual: The Schema Table).
/// </summary>
internal sealed class CreateTableText
{
    private readonly string sql;
    private readonly (int Start, int End) name;
    private readonly IReadOnlyList<TableItem> items;

    internal CreateTableText(string sql, (int Start, int End) name, IReadOnlyList<TableItem> items, string options)
    {
        this.sql = sql;
        this.name = name;
        this.items = items;
        Options = options;
    }

    /// <summary>The columns in their order.</summary>
    public IEnumerable<ColumnItem> Columns => items.OfType<ColumnItem>();

    /// <summary>The table's constraints in their order.</summary>
    public IEnumerable<ConstraintItem> Constraints => items.OfType<ConstraintItem>();

    /// <summary>What stands behind the closing parenthesis: WITHOUT ROWID, STRICT, or nothing.</summary>
    public string Options { get; }

    /// <summary>Whether any foreign key is declared.</summary>
    public bool HasForeignKeys => Constraints.Any(c => c.Kind == ClauseKind.References) || Columns.Any(c => c.Clauses.Any(k => k.Kind == ClauseKind.References));

    /// <summary>Takes a text apart.</summary>
    /// <exception cref="FormatException">It is not the text of an ordinary table.</exception>
    public static CreateTableText Parse(string sql) => new CreateTableParser(sql).Parse();

    /// <summary>The same table under another name.</summary>
    /// <param name="quotedName">The name, in quotes.</param>
    /// <param name="foreignKeys">Whether foreign keys stay.</param>
    public string Rename(string quotedName, bool foreignKeys) =>
        Rewrite(quotedName, [.. Columns.Select(c => new ColumnEdit(c.Name, null, null))], foreignKeys);

    /// <summary>
    /// Writes the text anew with these columns. Constraints that name a column which is left out are left out with it.
    /// </summary>
    public string Rewrite(string quotedName, IReadOnlyList<ColumnEdit> columns, bool foreignKeys)
    {
        var kept = columns.Where(c => c.From is not null).Select(c => c.From!).ToHashSet(SqliteNames.Comparer);
        var dropped = Columns.Select(c => c.Name).Where(n => !kept.Contains(n)).ToHashSet(SqliteNames.Comparer);
        var output = new StringBuilder(sql.Length + 64);
        output.Append(sql, 0, name.Start).Append(quotedName).Append(sql, name.End, items[0].Start - name.End);
        var last = -1;
        var first = true;
        foreach (var column in columns)
        {
            var index = column.From is { } from ? IndexOf(from) : -1;
            Separate(output, last, index, first);
            output.Append(index < 0 ? column.Definition : Column((ColumnItem)items[index], column.Type, dropped, foreignKeys));
            first = false;
            last = index;
        }
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is not ConstraintItem constraint) continue;
            if (constraint.Columns.Any(dropped.Contains) || (!foreignKeys && constraint.Kind == ClauseKind.References)) continue;
            Separate(output, last, i, first);
            output.Append(sql, constraint.Start, constraint.End - constraint.Start);
            last = i;
        }
        return output.Append(sql, items[^1].End, sql.Length - items[^1].End).ToString();
    }

    /// <summary>The text between two positions.</summary>
    public string Slice(int start, int end) => sql[start..end];

    private int IndexOf(string column)
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is ColumnItem c && SqliteNames.Same(c.Name, column)) return i;
        }
        throw new FormatException($"The table's text has no column {column}.");
    }

    // Neighbours keep what their author wrote between them, comments included.
    private void Separate(StringBuilder output, int last, int index, bool first)
    {
        if (first) return;
        if (last >= 0 && index == last + 1) output.Append(sql, items[last].End, items[index].Start - items[last].End);
        else output.Append(", ");
    }

    private string Column(ColumnItem column, string? type, HashSet<string> dropped, bool foreignKeys)
    {
        var text = new StringBuilder();
        var at = column.Start;
        if (type is not null)
        {
            text.Append(sql, column.Start, column.NameEnd - column.Start).Append(' ').Append(type);
            at = column.TypeEnd;
        }
        foreach (var clause in column.Clauses)
        {
            var leave = (clause.Kind == ClauseKind.References && !foreignKeys) || (clause.Kind == ClauseKind.Check && clause.Columns.Any(dropped.Contains));
            if (!leave) continue;
            text.Append(sql, at, clause.Start - at);
            at = clause.End;
        }
        return text.Append(sql, at, column.End - at).ToString().TrimEnd();
    }
}

/// <summary>What becomes of a column.</summary>
/// <param name="From">The column that is continued; null for a new one.</param>
/// <param name="Type">Its new type, or null to keep it.</param>
/// <param name="Definition">A new column's whole definition.</param>
internal sealed record ColumnEdit(string? From, string? Type, string? Definition);

/// <summary>A part of the list in parentheses.</summary>
/// <param name="Start">Where its text begins.</param>
/// <param name="End">One past its end.</param>
internal abstract record TableItem(int Start, int End);

/// <summary>A column.</summary>
/// <param name="Start">Where its text begins.</param>
/// <param name="End">One past its end.</param>
/// <param name="Name">Its name.</param>
/// <param name="NameEnd">One past its name.</param>
/// <param name="TypeEnd">One past its type, or past its name when it has none.</param>
/// <param name="Clauses">Its constraints.</param>
internal sealed record ColumnItem(int Start, int End, string Name, int NameEnd, int TypeEnd, IReadOnlyList<ColumnClause> Clauses) : TableItem(Start, End)
{
    /// <summary>The clause of that kind, or null.</summary>
    public ColumnClause? Find(ClauseKind kind) => Clauses.FirstOrDefault(c => c.Kind == kind);
}

/// <summary>A constraint of a column.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name, or empty.</param>
/// <param name="Start">Where its text begins, with the name.</param>
/// <param name="End">One past its end.</param>
/// <param name="Columns">The table's columns that it names.</param>
/// <param name="Body">Its text in single blanks, without the name.</param>
internal sealed record ColumnClause(ClauseKind Kind, string Name, int Start, int End, IReadOnlyList<string> Columns, string Body);

/// <summary>A constraint of the table.</summary>
/// <param name="Start">Where its text begins, with the name.</param>
/// <param name="End">One past its end.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name, or empty.</param>
/// <param name="Columns">The table's columns that it names.</param>
/// <param name="Body">Its text in single blanks, without the name.</param>
internal sealed record ConstraintItem(int Start, int End, ClauseKind Kind, string Name, IReadOnlyList<string> Columns, string Body) : TableItem(Start, End);

/// <summary>Kinds of constraints and other clauses.</summary>
internal enum ClauseKind
{
    /// <summary>A name and nothing behind it.</summary>
    Nothing,
    /// <summary>NOT NULL, or NULL.</summary>
    Null,
    /// <summary>PRIMARY KEY.</summary>
    PrimaryKey,
    /// <summary>UNIQUE.</summary>
    Unique,
    /// <summary>CHECK.</summary>
    Check,
    /// <summary>DEFAULT.</summary>
    Default,
    /// <summary>COLLATE.</summary>
    Collate,
    /// <summary>REFERENCES, or FOREIGN KEY … REFERENCES.</summary>
    References,
    /// <summary>GENERATED ALWAYS AS.</summary>
    Generated,
}
