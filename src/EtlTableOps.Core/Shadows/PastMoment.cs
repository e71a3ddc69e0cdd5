using System.Globalization;
using System.Text.RegularExpressions;
using EtlTableOps.Errors;
using EtlTableOps.Observability;

namespace EtlTableOps.Shadows;

/// <summary>A moment of the past at which a live table is read. Exactly one of its three forms is given.</summary>
public sealed partial record PastMoment
{
    /// <summary>The state just before it, and not that with it.</summary>
    public bool Before { get; init; }

    /// <summary>A time.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>So long ago by the database's clock. A build makes it a time, so that it means the same ever after.</summary>
    public TimeSpan? Ago { get; init; }

    /// <summary>The id by which the database knows a statement.</summary>
    public string? Statement { get; init; }

    /// <summary>Nanoseconds of the epoch of <see cref="Time"/>; with <see cref="Before"/> the last one before it.</summary>
    public long ToNanoseconds() => ((Time!.Value.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * 100) - (Before ? 1 : 0);

    /// <summary>Reads a time with its offset (<c>2026-11-21T10:00:00Z</c>), a length of time that has passed since (<c>2h</c>), or a statement's id.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when the text is none of these.</exception>
    public static PastMoment Parse(string text, bool before)
    {
        ArgumentNullException.ThrowIfNull(text);
        var given = text.Trim();
        if (StatementId().IsMatch(given)) return new PastMoment { Before = before, Statement = given.ToLowerInvariant() };
        if (Instant().IsMatch(given) && DateTimeOffset.TryParse(given, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)) return new PastMoment { Before = before, Time = time.ToUniversalTime() };
        if (Length().IsMatch(given)) return new PastMoment { Before = before, Ago = Human.ParseDuration(given.TrimStart('-')) };
        throw new EtlException(ErrorCode.BadInput, $"'{text}' is no moment: write a time with its offset (2026-11-21T10:00:00Z), how long it is ago (2h), or a statement's id.");
    }

    /// <summary>The moment in words.</summary>
    public override string ToString() => (Before ? "just before " : "at ") + (Statement is { } id ? $"statement {id}" : Time is { } time ? time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture) : $"{Human.Duration(Ago ?? TimeSpan.Zero)} ago");

    [GeneratedRegex("^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12,16}$")]
    private static partial Regex StatementId();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)? ?([Zz]|[+-][0-9]{2}:?[0-9]{2})$")]
    private static partial Regex Instant();

    [GeneratedRegex(@"^-?[0-9]+(\.[0-9]+)?\s*(ms|s|m|h|d)$|^-?[0-9]{1,2}:[0-9]{2}:[0-9]{2}$", RegexOptions.IgnoreCase)]
    private static partial Regex Length();
}
