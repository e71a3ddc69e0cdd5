using System.Security.Cryptography;
using System.Text;
using EtlTableOps.Switching;

namespace EtlTableOps.Tables;

/// <summary>Short texts that change when a table's structure, or what hangs on it, changes.</summary>
internal static class TableFingerprint
{
    /// <summary>The columns and everything that hangs on the table.</summary>
    public static string Of(TableShape shape)
    {
        var text = new StringBuilder();
        foreach (var c in shape.Columns)
        {
            text.AppendJoin('\u001f', c.Name, c.Type, c.Nullable, c.Default, c.Generated, c.Identity, c.Collation, c.Comment).Append('\n');
        }
        foreach (var a in shape.Attachments.OrderBy(a => a.Kind).ThenBy(a => a.Name, StringComparer.Ordinal).ThenBy(a => a.Definition, StringComparer.Ordinal))
        {
            text.AppendJoin('\u001f', a.Kind, a.Name, a.Definition).Append('\n');
        }
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..32];
    }

    /// <summary>
    /// The attachments of a table whose objects are kept under other names, under their own names.
    /// </summary>
    public static IReadOnlyList<Attachment> UnderOwnNames(IEnumerable<Attachment> attachments, IReadOnlyList<KeptName> kept) =>
        [.. attachments.Select(a => kept.FirstOrDefault(k => k.Kind == a.Kind && k.KeptAs == a.Name) is { } own ? a with { Name = own.Name } : a)];

    /// <summary>What the first list has and the second lacks or has otherwise, and the reverse, in words.</summary>
    public static IReadOnlyList<string> Differences(IEnumerable<Attachment> expected, IEnumerable<Attachment> found)
    {
        var before = expected.Select(Key).ToHashSet();
        var after = found.Select(Key).ToHashSet();
        return
        [
            .. before.Except(after).Order().Select(d => $"missing {d.Kind} {d.Name}: {d.Definition}"),
            .. after.Except(before).Order().Select(d => $"unexpected {d.Kind} {d.Name}: {d.Definition}"),
        ];

        static (AttachmentKind Kind, string Name, string Definition) Key(Attachment a) => (a.Kind, a.Name, a.Definition);
    }
}
