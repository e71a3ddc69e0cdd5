namespace EtlTableOps.Tables;

/// <summary>
/// The mark that a table of ours carries in the database, so that nothing else is ever dropped (promise 11).
/// </summary>
/// <param name="Role">What the table is.</param>
/// <param name="SwapId">The swap that made it.</param>
public sealed record Mark(MarkRole Role, string SwapId)
{
    private const string Prefix = "etltableops";

    /// <summary>The mark as text, for a comment: <c>etltableops:shadow:20261120T201500Z-3f2a9c01</c>.</summary>
    public override string ToString() => $"{Prefix}:{(Role == MarkRole.Shadow ? "shadow" : "version")}:{SwapId}";

    /// <summary>Reads a mark back; null when the text is none.</summary>
    public static Mark? TryParse(string? text)
    {
        var parts = text?.Split(':');
        if (parts is not [Prefix, var role, { Length: > 0 } id]) return null;
        return role switch
        {
            "shadow" => new Mark(MarkRole.Shadow, id),
            "version" => new Mark(MarkRole.Version, id),
            _ => null,
        };
    }
}

/// <summary>What a table of ours is.</summary>
public enum MarkRole
{
    /// <summary>The replacement while it is prepared.</summary>
    Shadow,
    /// <summary>A former live table.</summary>
    Version,
}
