namespace EtlTableOps.Engines;

/// <summary>
/// A database that was connected to, under a name. It holds no open transaction and no state of an operation: each operation
/// opens sessions of its own from it, so it may be used from several threads and runspaces at once.
/// </summary>
public sealed class EtlDatabase
{
    private readonly IEngine engine;
    private readonly ConnectionTarget target;
    private volatile bool closed;

    private EtlDatabase(string name, IEngine engine, ConnectionTarget target, SessionInfo info)
    {
        Name = name;
        this.engine = engine;
        this.target = target;
        Info = info;
    }

    /// <summary>The name that the user gave it, or the database's own.</summary>
    public string Name { get; }

    /// <summary>The engine's name.</summary>
    public string Engine => engine.Name;

    /// <summary>Where it leads, without secrets.</summary>
    public string Display => Info.Display;

    /// <summary>The database or file.</summary>
    public string Database => Info.Database;

    /// <summary>The user.</summary>
    public string User => Info.User;

    /// <summary>The role whose rights are used; null where the engine has none apart from the user.</summary>
    public string? Role => Info.Role;

    /// <summary>What computes the statements, where that is chosen by name and paid for; else null.</summary>
    public string? Warehouse => Info.Warehouse;

    /// <summary>The server's version.</summary>
    public string ServerVersion => Info.ServerVersion;

    /// <summary>Whether sessions can be opened from it.</summary>
    public bool IsOpen => !closed;

    /// <summary>What the engine can do.</summary>
    public EngineCapabilities Capabilities => engine.Capabilities;

    private SessionInfo Info { get; }

    /// <summary>Connects once, to prove that it works and to learn where it leads.</summary>
    public static async Task<EtlDatabase> ConnectAsync(string? name, IEngine engine, ConnectionTarget target, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(target);
        var session = await engine.OpenAsync(target, token).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            return new EtlDatabase(name ?? session.Info.Database, engine, target, session.Info);
        }
    }

    /// <summary>Opens a session for one operation.</summary>
    public Task<IEngineSession> OpenSessionAsync(CancellationToken token)
    {
        if (closed) throw new Errors.EtlException(Errors.ErrorCode.NoConnection);
        return engine.OpenAsync(target, token);
    }

    /// <summary>No more sessions can be opened from it; operations that run go on.</summary>
    public void Close() => closed = true;

    /// <summary>A table's name as a user of this engine writes it.</summary>
    public string Show(Tables.TableName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.ToString(Capabilities.Folding);
    }

    /// <summary>The name and where it leads.</summary>
    public override string ToString() => Display;
}
