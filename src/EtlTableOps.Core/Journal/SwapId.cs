using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Journal;

/// <summary>Makes swap ids and the names that are derived from them.</summary>
internal static class SwapId
{
    private const string StampFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>A new id: sortable by time, and unique by its random tail.</summary>
    public static string New() => string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow.ToString(StampFormat, CultureInfo.InvariantCulture)}-{Convert.ToHexString(RandomNumberGenerator.GetBytes(4)).ToLowerInvariant()}");

    /// <summary>The random tail, for names of objects.</summary>
    public static string Tail(string id) => id[(id.LastIndexOf('-') + 1)..];

    /// <summary>
    /// The name of the version that an exchange at this moment leaves: <c>allevents_old_20261120t201500z</c>. What is appended is
    /// written as the engine folds, so that nobody needs quotes to type it.
    /// </summary>
    public static string VersionName(string live, IdentifierFolding folding, int maxBytes)
    {
        var suffix = "_old_" + DateTime.UtcNow.ToString(StampFormat, CultureInfo.InvariantCulture);
        return WithSuffix(live, folding == IdentifierFolding.Upper ? suffix.ToUpperInvariant() : suffix.ToLowerInvariant(), maxBytes);
    }

    /// <summary>
    /// A name with a suffix within a number of UTF-8 bytes. A name that must be cut gets a hash of the whole, so that two long names with the
    /// same beginning stay two.
    /// </summary>
    public static string WithSuffix(string name, string suffix, int maxBytes)
    {
        if (Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(suffix) <= maxBytes) return name + suffix;
        var hash = "_" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..8].ToLowerInvariant();
        var room = maxBytes - Encoding.UTF8.GetByteCount(suffix) - hash.Length;
        var cut = new StringBuilder();
        var used = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            used += rune.Utf8SequenceLength;
            if (used > room) break;
            cut.Append(rune.ToString());
        }
        return cut + hash + suffix;
    }

    /// <summary>
    /// The names under which a table's objects are kept while it does not carry the live name: those whose names are shared
    /// by the whole schema. The table that goes out and the one that comes in are named by the same swap at the same moment, so their
    /// suffixes differ.
    /// </summary>
    public static IReadOnlyList<KeptName> KeptNames(TableShape live, string id, bool outgoing, int maxBytes) =>
    [
        .. live.Attachments
            .Where(a => a.Kind is AttachmentKind.Key or AttachmentKind.Index or AttachmentKind.Statistics or AttachmentKind.Sequence or AttachmentKind.Partition && a.Name.Length > 0)
            .Select(a => new KeptName(a.Kind, a.Name, WithSuffix(a.Name, (outgoing ? "__old_" : "__") + Tail(id), maxBytes))),
    ];
}
