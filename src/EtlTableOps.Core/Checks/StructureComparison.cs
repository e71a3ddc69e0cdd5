using System.Text;
using EtlTableOps.Journal;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks;

/// <summary>What is not as it was, of the columns and of all that hangs on the table: what was declared of each, and what is there.</summary>
internal static class StructureComparison
{
    /// <summary>What nobody declares: found on a shadow that was altered, it is beyond the declaration.</summary>
    private static readonly AttachmentKind[] NeverBuilt =
    [
        AttachmentKind.ForeignKey, AttachmentKind.IncomingForeignKey, AttachmentKind.Trigger, AttachmentKind.Rule, AttachmentKind.View, AttachmentKind.MaterializedView, AttachmentKind.Policy,
        AttachmentKind.Publication,
    ];

    /// <summary>A line for each column and each thing that hangs on the table, where the change makes it another or where it differs without having been declared.</summary>
    public static IEnumerable<StructureDifference> Run(SwapRecord record, ShadowBlueprint blueprint, TableShape shadow) =>
        [.. Columns(record, blueprint, shadow), .. record.Details.Method == ExchangeMethod.Overwrite ? [] : Attachments(record, blueprint, shadow)];

    /// <summary>By the comparison that the checks are made of; and what follows the name at the switch, where it cannot.</summary>
    private static IEnumerable<StructureDifference> Attachments(SwapRecord record, ShadowBlueprint blueprint, TableShape shadow)
    {
        var live = ByName(blueprint.Live.Attachments);
        var there = ByName(TableFingerprint.UnderOwnNames(shadow.Attachments, blueprint.KeptNames));
        foreach (var group in StructureChecks.Compare(blueprint, shadow))
        {
            var (expected, found) = (ByName(group.Expected), ByName(group.Found));
            var dropped = blueprint.Live.Attachments.Where(a => a.OnShadow && group.Kinds.Contains(a.Kind) && !StructureChecks.Survives(a, blueprint)).Select(Key);
            foreach (var key in expected.Keys.Concat(found.Keys).Concat(dropped).Distinct().OrderBy(k => k.Kind).ThenBy(k => k.Name, StringComparer.Ordinal))
            {
                var (was, declared, now) = (live.GetValueOrDefault(key), expected.GetValueOrDefault(key), found.GetValueOrDefault(key));
                var same = declared?.Definition == now?.Definition;
                var (before, after) = (Text(was), now is null ? null : Text(there.GetValueOrDefault(key)));
                // Of one on a retyped column the text may show the type.
                if (same && (was is null || before == after)) continue;
                yield return new StructureDifference(key.Name, before, declared is null ? null : same ? after : before, after, same) { Kind = Words(key.Kind) };
            }
        }
        foreach (var stuck in blueprint.Live.Attachments.Where(a => a is { OnShadow: false, CannotFollow: not null }))
            yield return new StructureDifference(stuck.Name, Text(stuck), Text(stuck), stuck.Choice == DependentChoices.None ? $"cannot follow: {stuck.CannotFollow}" : "made anew at the switch", stuck.Choice != DependentChoices.None) { Kind = Words(stuck.Kind) };
        if (TableFingerprint.Of(shadow) == record.Details.ShadowFingerprint) yield break;
        foreach (var extra in shadow.Attachments.Where(a => NeverBuilt.Contains(a.Kind) && (!a.OnShadow || a.Kind != AttachmentKind.Policy) && !blueprint.Live.Attachments.Any(l => l.Kind == a.Kind && l.Definition == a.Definition)))
            yield return new StructureDifference(extra.Name, null, null, Text(extra), false) { Kind = Words(extra.Kind) };

        static Dictionary<(AttachmentKind Kind, string Name), Attachment> ByName(IEnumerable<Attachment> attachments) => attachments.GroupBy(Key).ToDictionary(g => g.Key, g => g.First());

        static (AttachmentKind Kind, string Name) Key(Attachment attachment) => (attachment.Kind, attachment.Name);

        static string? Text(Attachment? attachment) => attachment is null ? null : attachment.Definition.Length > 0 ? attachment.Definition : attachment.Name;
    }

    /// <summary>A kind as people write it: <c>foreign key</c>.</summary>
    private static string Words(AttachmentKind kind) => string.Concat(kind.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? " " + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));

    /// <summary>A line for each column that the change adds, drops, computes or retypes, and for each that differs without having been declared.</summary>
    private static IEnumerable<StructureDifference> Columns(SwapRecord record, ShadowBlueprint blueprint, TableShape shadow)
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
