using System.Globalization;
using System.Resources;

namespace EtlTableOps.Errors;

/// <summary>
/// The one exception that this library throws on purpose. Besides what happened and what to do it
/// states two facts that a caller must know before trying again.
/// </summary>
public sealed class EtlException : Exception
{
    private static readonly ResourceManager Texts = new("EtlTableOps.Errors.ErrorTexts", typeof(EtlException).Assembly);
    private bool durableChangeMade;

    /// <summary>Makes the error of a code; the arguments fill the message's places.</summary>
    public EtlException(ErrorCode code, params object?[] arguments)
        : this(code, null, arguments)
    {
    }

    /// <summary>Makes the error of a code, with the failure that led to it.</summary>
    public EtlException(ErrorCode code, Exception? inner, params object?[] arguments)
        : base(Format(code.ToString(), arguments), inner)
    {
        Code = code;
        Remedy = Format(code + ".Remedy", arguments);
    }

    /// <summary>What went wrong.</summary>
    public ErrorCode Code { get; }

    /// <summary>One sentence: what the user can do about it.</summary>
    public string Remedy { get; init; }

    /// <summary>True when something lasting was changed before the failure.</summary>
    public bool DurableChangeMade
    {
        get => durableChangeMade;
        init => durableChangeMade = value;
    }

    /// <summary>True when it is not known which object carries the live name. Never retried by itself.</summary>
    public bool OwnershipUnknown { get; init; }

    /// <summary>The swap that the failure belongs to, when there is one.</summary>
    public string? SwapId { get; init; }

    /// <summary>Learns on its way up that what was begun could not be cleaned up.</summary>
    internal void TellDurableChange() => durableChangeMade = true;

    /// <summary>
    /// What the database itself said, in its first line, and the next one where the first only announces it; this error's own message where there is nothing
    /// behind it.
    /// </summary>
    internal string Cause
    {
        get
        {
            var lines = (InnerException?.Message ?? Message).Split('\n', 3, StringSplitOptions.TrimEntries);
            return lines.Length > 1 && lines[0].EndsWith(':') ? $"{lines[0]} {lines[1]}" : lines[0];
        }
    }

    /// <summary>The message and remedy of a code as they stand in the resources, for tests and docs.</summary>
    public static (string? Message, string? Remedy) TextsOf(ErrorCode code) =>
        (Texts.GetString(code.ToString(), CultureInfo.InvariantCulture),
         Texts.GetString(code + ".Remedy", CultureInfo.InvariantCulture));

    private static string Format(string key, object?[] arguments)
    {
        var text = Texts.GetString(key, CultureInfo.InvariantCulture) ?? key;
        return string.Format(CultureInfo.InvariantCulture, text, arguments);
    }
}
