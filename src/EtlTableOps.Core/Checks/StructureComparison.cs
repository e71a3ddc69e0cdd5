using System.Text;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks;

/// <summary>The columns that are not as they were: what was declared of each, and what is there.</summary>
internal static class StructureComparison
{
    /// <summary>A line for each column that the change adds, drops, computes or retypes, and for each that differs without having been declared.</summary>
    public static IEnumerable<StructureDifference> Run(SwapRecord record, ShadowBlueprint blueprint, TableShape shadow)
    {
        // What was built is what the database made of the declaration; while nobody altered it, its types are the declared ones however they were written.
        var untouched = TableFingerprint.Of(shadow) == record.Details.ShadowFingerprint;
        var found = shadow.Columns.ToDictionary(c => c.Name, StringComparer.Ordinal);
        foreach (var declared in blueprint.Columns)
        {
            var there = found.GetValueOrDefault(declared.Name);
            var text = Describe(declared);
            var same = there is not null && (untouched || (declared.From is null ? SameType(declared, there) : string.Equals(Describe(there), text, StringComparison.OrdinalIgnoreCase)));
            if (declared.Unchanged && same) continue;
            yield return new StructureDifference(declared.Name, declared.From is { } from ? Describe(from) : null, text + Computed(declared), there is null ? null : Describe(there), same);
        }
        foreach (var dropped in blueprint.Live.Columns.Where(c => blueprint.Columns.All(d => d.From?.Name != c.Name)))
        {
            // An added column may have taken its name, and has a line of its own then.
            var there = blueprint.Columns.Any(d => d.Name == dropped.Name) ? null : found.GetValueOrDefault(dropped.Name);
            yield return new StructureDifference(dropped.Name, Describe(dropped), null, there is null ? null : Describe(there), there is null);
        }
        foreach (var extra in shadow.Columns.Where(c => blueprint.Columns.All(d => d.Name != c.Name) && blueprint.Live.Columns.All(l => l.Name != c.Name)))
            yield return new StructureDifference(extra.Name, null, null, Describe(extra), false);
    }

    private static bool SameType(ShadowColumn declared, Column there) =>
        declared.Nullable == there.Nullable && string.Equals(declared.Type.Trim(), there.Type, StringComparison.OrdinalIgnoreCase);

    private static string Describe(Column column) => Describe(column.Type, column.Nullable, column.Collation, column.Default, column.Generated, column.Identity);

    private static string Describe(ShadowColumn column) => column.From is null && column.Constraints.Length > 0
        ? $"{column.Type} {column.Constraints}"
        : Describe(column.Type, column.Nullable, column.Collation, column.Default, column.Generated, column.From?.Identity);

    private static string Describe(string type, bool nullable, string? collation, string? standard, string? generated, string? identity)
    {
        var text = new StringBuilder(type);
        if (collation is not null) text.Append(" COLLATE ").Append(collation);
        if (!nullable) text.Append(" NOT NULL");
        if (generated is not null) text.Append(" GENERATED AS (").Append(generated).Append(')');
        else if (identity is not null) text.Append(" IDENTITY ").Append(identity);
        else if (standard is not null) text.Append(" DEFAULT ").Append(standard);
        return text.ToString().Trim();
    }

    private static string Computed(ShadowColumn column) => column.Unchanged || column.Generated is not null || column.Source.Text is not { Length: > 0 } source ? "" : $" = {source}";
}
