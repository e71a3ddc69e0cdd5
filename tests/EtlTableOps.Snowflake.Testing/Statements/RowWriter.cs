namespace EtlTableOps.Snowflake.Testing;

/// <summary>Makes rows of a table: defaults, identities, types and NOT NULL, which is the one constraint that Snowflake enforces.</summary>
internal sealed class RowWriter
{
    /// <summary>Stands for the word DEFAULT in VALUES.</summary>
    public static readonly Bound DefaultMark = new(SfType.Text, _ => null, IsNull: true);

    private readonly TableItem table;
    private readonly IReadOnlyList<ModelColumn> given;
    private readonly (ModelColumn Column, Bound Value)[] defaults;
    private readonly Dictionary<ModelColumn, Bound> byColumn = [];
    private readonly Frame none = new(null);

    public RowWriter(StatementRun run, Binder binder, TableItem table, IReadOnlyList<ModelColumn> given)
    {
        this.table = table;
        this.given = given;
        foreach (var column in table.Columns)
        {
            byColumn[column] = column.Identity is { } identity
                ? new Bound(SfType.Integer, _ =>
                {
                    lock (identity)
                    {
                        var value = identity.Next;
                        identity.Next += identity.Increment;
                        return (decimal)value;
                    }
                })
                : column.DefaultValue is { } value ? run.Catalog.Within(table.Database, table.Schema, () => binder.Bind(value, new Scope([], null))) : new Bound(column.Type, _ => null, IsNull: true);
        }
        defaults = [.. table.Columns.Where(c => !given.Contains(c)).Select(c => (c, byColumn[c]))];
    }

    /// <summary>The column whose value could not be stored; null while all could.</summary>
    public ModelColumn? Failing { get; private set; }

    public Bound Default(ModelColumn column) => byColumn[column];

    /// <summary>Types that do not go together are told when the statement is compiled.</summary>
    public static void CheckTypes(ModelColumn column, Bound value)
    {
        var (to, from) = (column.Type, value.Type);
        if (value.IsNull || to.Kind == from.Kind || from.Kind == SfKind.Variant || (to.IsMoment && from.IsMoment && to.Kind != SfKind.Time && from.Kind != SfKind.Time)) return;
        if (to.IsSemiStructured || (to.IsMoment && from.Kind is not SfKind.Text) || (from.IsMoment && to.Kind is not SfKind.Text) || (to.Kind == SfKind.Binary) != (from.Kind == SfKind.Binary))
            throw new ModelError(2023, "22000", $"SQL compilation error:\nExpression type does not match column data type, expecting {to} but got {from} for column {column.Name}");
    }

    /// <summary>A new row of the given columns' values, in their order.</summary>
    public object?[] New(Bound[] values)
    {
        var row = new object?[table.NextSlot];
        for (var i = 0; i < given.Count; i++) Store(row, given[i], ReferenceEquals(values[i], DefaultMark) ? byColumn[given[i]] : values[i], none);
        foreach (var (column, value) in defaults) Store(row, column, value, none);
        return row;
    }

    /// <summary>A new row of some columns' values.</summary>
    public object?[] New(IReadOnlyList<(ModelColumn Column, Bound Value)> values, Frame frame)
    {
        var row = new object?[table.NextSlot];
        foreach (var column in table.Columns)
        {
            var at = 0;
            while (at < values.Count && values[at].Column != column) at++;
            Store(row, column, at < values.Count ? values[at].Value : byColumn[column], frame);
        }
        return row;
    }

    /// <summary>A row with some columns changed.</summary>
    public object?[] Changed(object?[] old, IReadOnlyList<(ModelColumn Column, Bound Value)> assignments, Frame frame)
    {
        var row = new object?[table.NextSlot];
        foreach (var column in table.Columns) row[column.Slot] = column.Of(old);
        foreach (var (column, value) in assignments) Store(row, column, value, frame);
        return row;
    }

    private void Store(object?[] row, ModelColumn column, Bound value, Frame frame)
    {
        Failing = column;
        var stored = Conversion.To(value.Value(frame), value.Type, column.Type);
        if (stored is null && !column.Nullable) throw ModelError.NullValue(column.Name);
        row[column.Slot] = stored;
        Failing = null;
    }
}
