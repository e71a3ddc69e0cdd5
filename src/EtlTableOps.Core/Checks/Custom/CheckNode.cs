using EtlTableOps.Errors;

namespace EtlTableOps.Checks.Custom;

/// <summary>Where something is written.</summary>
/// <param name="File">The file's name; empty for a parameter.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
public sealed record CheckPlace(string File, int Line, int Column)
{
    /// <summary>A parameter, which has no place.</summary>
    public static CheckPlace Parameter { get; } = new("", 0, 0);

    /// <summary><c>checks.yml:12</c>; null for a parameter.</summary>
    public string? Short => File.Length == 0 ? null : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{File}:{Line}");

    /// <summary>The error that something here cannot be used.</summary>
    public EtlException Error(string message, Exception? inner = null) => new(ErrorCode.BadInput, inner, File.Length == 0 ? message : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{File}, line {Line}, column {Column}: {message}"));
}

/// <summary>A piece of what checks are written in, whether it came from a file, a hashtable or a short text.</summary>
/// <param name="Place">Where it stands.</param>
public abstract record CheckNode(CheckPlace Place);

/// <summary>A single value.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Text">As it is written; null where nothing is.</param>
public sealed record CheckScalar(CheckPlace Place, string? Text) : CheckNode(Place);

/// <summary>A list.</summary>
/// <param name="Place">Where it begins.</param>
/// <param name="Items">Its items.</param>
public sealed record CheckList(CheckPlace Place, IReadOnlyList<CheckNode> Items) : CheckNode(Place);

/// <summary>Values under names, in their order.</summary>
/// <param name="Place">Where it begins.</param>
/// <param name="Entries">Its entries; no name stands twice.</param>
public sealed record CheckMap(CheckPlace Place, IReadOnlyList<(CheckScalar Key, CheckNode Value)> Entries) : CheckNode(Place)
{
    /// <summary>The value under a name, or null.</summary>
    public CheckNode? this[string name] => Entries.Where(e => e.Key.Text == name).Select(e => e.Value).FirstOrDefault();
}
