using EtlTableOps.Journal;
using EtlTableOps.Shadows;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks;

/// <summary>Checks of a shadow's structure, rights and attachments against the declaration; they need no rows.</summary>
internal static class StructureChecks
{
    private const string OnRetyped = "on a retyped column";

    private static readonly (string Name, AttachmentKind[] Kinds, string Meaning)[] Groups =
    [
        ("keys", [AttachmentKind.Key], "Primary key and unique constraints are the live table's."),
        ("indexes", [AttachmentKind.Index, AttachmentKind.Statistics], "Indexes and statistics objects are the live table's."),
        ("constraints", [AttachmentKind.Check], "Check constraints are the live table's."),
        ("rights", [AttachmentKind.Owner, AttachmentKind.Grant, AttachmentKind.Policy], "Owner, grants and row policies are the live table's."),
        ("options", [AttachmentKind.Option, AttachmentKind.Comment, AttachmentKind.Partition, AttachmentKind.Tag, AttachmentKind.Other], "Options, comments and partitions are the live table's."),
    ];

    /// <summary>Runs them.</summary>
    public static IEnumerable<ShadowCheck> Run(SwapRecord record, ShadowBlueprint blueprint, TableShape shadow)
    {
        var ours = shadow.Mark is { Role: MarkRole.Shadow } mark && mark.SwapId == record.Id;
        yield return new ShadowCheck("identity", ours, record.Id, shadow.Mark?.ToString() ?? "no mark",
            ours ? "The table under the shadow's name is the one that was built." : "Another table stands under the shadow's name.");
        yield return Columns(blueprint, shadow);

        var untouched = TableFingerprint.Of(shadow) == record.Details.ShadowFingerprint;
        yield return new ShadowCheck("structure", untouched, "as built", untouched ? "as built" : "altered",
            untouched ? "Nobody altered the shadow's structure." : "The shadow's structure, or what hangs on it, was altered after it was built.");

        if (record.Details.Method == ExchangeMethod.Overwrite)
        {
            yield return new ShadowCheck("object", true, "the live table", "the live table", "The live table stays the object that it is, with its keys, rights, options and dependents: only its rows come from the shadow.");
            yield break;
        }
        foreach (var group in Compare(blueprint, shadow))
        {
            var differences = TableFingerprint.Differences(group.Expected, group.Found);
            yield return new ShadowCheck(group.Name, differences.Count == 0, $"{group.Expected.Count}", $"{group.Found.Count}",
                differences.Count == 0 ? group.Meaning : string.Join("; ", differences));
        }
        var moving = blueprint.Live.Attachments.Where(a => !a.OnShadow).ToList();
        var stuck = moving.Where(a => a is { CannotFollow: not null, Choice: DependentChoices.None }).ToList();
        yield return new ShadowCheck("dependents", stuck.Count == 0, $"{moving.Count} can follow", $"{moving.Count - stuck.Count} can follow",
            stuck.Count == 0
                ? moving.Count == 0 ? "Nothing else hangs on the name." : $"They follow the name at the switch: {string.Join(", ", moving.Select(a => $"{a.Kind} {a.Name}"))}."
                : string.Join("; ", stuck.Select(a => $"{a.Kind} {a.Name}: {a.CannotFollow}")));
    }

    /// <summary>What hangs on the shadow itself, against what the declared change leaves of the live table's, by kinds.</summary>
    public static IEnumerable<AttachmentGroup> Compare(ShadowBlueprint blueprint, TableShape shadow)
    {
        var all = TableFingerprint.UnderOwnNames(shadow.Attachments, blueprint.KeptNames);
        foreach (var (name, kinds, meaning) in Groups)
        {
            var expected = Comparable(blueprint.Live.Attachments.Where(a => a.OnShadow && kinds.Contains(a.Kind) && Survives(a, blueprint)), blueprint);
            var found = Comparable(all.Where(a => a.OnShadow && kinds.Contains(a.Kind)), blueprint);

            // How a column is stored goes with its type: the new type has its own way.
            expected.RemoveAll(IsOptionOfRetyped);
            found.RemoveAll(IsOptionOfRetyped);
            yield return new AttachmentGroup(name, meaning, kinds, expected, found);
        }
    }

    /// <summary>
    /// Attachments as they can be compared: the text of one that uses a retyped column may show the type, so its name must do.
    /// </summary>
    public static List<Attachment> Comparable(IEnumerable<Attachment> attachments, ShadowBlueprint blueprint)
    {
        var retyped = blueprint.Columns.Where(c => c.From is { } from && from.Type != c.Type).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        return [.. attachments.Select(a => a.Columns.Any(retyped.Contains) ? a with { Definition = OnRetyped } : a)];
    }

    private static bool IsOptionOfRetyped(Attachment attachment) => attachment is { Kind: AttachmentKind.Option, Definition: OnRetyped };

    /// <summary>An attachment of a column that the change drops is not expected on the shadow.</summary>
    public static bool Survives(Attachment attachment, ShadowBlueprint blueprint) =>
        attachment.Columns.All(name => blueprint.Columns.Any(c => c.From?.Name == name));

    private static ShadowCheck Columns(ShadowBlueprint blueprint, TableShape shadow)
    {
        var wrong = new List<string>();
        for (var i = 0; i < blueprint.Columns.Count; i++)
        {
            var declared = blueprint.Columns[i];
            if (i >= shadow.Columns.Count)
            {
                wrong.Add($"missing {declared.Name}");
                continue;
            }
            var there = shadow.Columns[i];
            if (there.Name != declared.Name) wrong.Add($"{there.Name} stands where {declared.Name} should");
            else if (declared.Unchanged && declared.From is { } from && Comparable(there) != Comparable(from)) wrong.Add($"{declared.Name} is {there.Type}{(there.Nullable ? "" : " NOT NULL")}, live is {from.Type}{(from.Nullable ? "" : " NOT NULL")}");
            else if (there.Nullable != declared.Nullable) wrong.Add($"{declared.Name} {(there.Nullable ? "takes null" : "takes no null")}");
        }
        wrong.AddRange(shadow.Columns.Skip(blueprint.Columns.Count).Select(c => $"unexpected {c.Name}"));
        return new ShadowCheck("columns", wrong.Count == 0, $"{blueprint.Columns.Count} columns", $"{shadow.Columns.Count} columns",
            wrong.Count == 0 ? "Names, order, types, defaults and nullability are as declared." : string.Join("; ", wrong));
    }

    // The comment is an attachment, compared there.
    private static Column Comparable(Column column) => column with { Comment = null };
}

/// <summary>Attachments of some kinds, as they can be compared.</summary>
/// <param name="Name">The check's name.</param>
/// <param name="Meaning">What it means that they are equal.</param>
/// <param name="Kinds">The kinds.</param>
/// <param name="Expected">What the declared change leaves of the live table's.</param>
/// <param name="Found">The shadow's.</param>
internal sealed record AttachmentGroup(string Name, string Meaning, IReadOnlyList<AttachmentKind> Kinds, IReadOnlyList<Attachment> Expected, IReadOnlyList<Attachment> Found);
