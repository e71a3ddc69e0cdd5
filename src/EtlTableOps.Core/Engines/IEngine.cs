namespace EtlTableOps.Engines;

/// <summary>An engine's door: opens sessions. One per engine, listed in one place.</summary>
public interface IEngine
{
    /// <summary>The word before the colon of a connection text.</summary>
    string Name { get; }

    /// <summary>What the engine can do.</summary>
    EngineCapabilities Capabilities { get; }

    /// <summary>Opens a session.</summary>
    /// <param name="target">Where and as whom.</param>
    /// <param name="token">Cancels the attempt.</param>
    /// <exception cref="Errors.EtlException"><see cref="Errors.ErrorCode.ConnectionFailed"/>; its message never shows a secret.</exception>
    Task<IEngineSession> OpenAsync(ConnectionTarget target, CancellationToken token);
}

/// <summary>Where to connect and as whom.</summary>
/// <param name="Text">What stands behind the engine's name and colon.</param>
public sealed record ConnectionTarget(string Text)
{
    /// <summary>A user that overrides the text's, or null.</summary>
    public string? User { get; init; }

    /// <summary>A secret, or null. Never printed, never stored.</summary>
    public string? Password { get; init; }

    /// <summary>
    /// What a relative file path in <see cref="Text"/> starts from; null for the process's directory. A shell's location is not the
    /// process's: without this, <c>cd data; Connect-EtlDatabase sqlite:events.db</c> would open another file.
    /// </summary>
    public string? BaseDirectory { get; init; }

    /// <summary>Names this target without its secrets: the record's own text would show them.</summary>
    public override string ToString() => nameof(ConnectionTarget);
}
