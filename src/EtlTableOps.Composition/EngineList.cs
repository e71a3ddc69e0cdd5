using EtlTableOps.Engines;
using EtlTableOps.Errors;

namespace EtlTableOps.Composition;

/// <summary>The one list of engines, and the way from a connection text to a database.</summary>
public static class EngineList
{
    /// <summary>The engines that are built in, the embedded default first.</summary>
    public static IReadOnlyList<IEngine> All { get; } =
    [
        new Sqlite.SqliteEngine(),
        new PostgreSql.PostgreSqlEngine(),
        new Snowflake.SnowflakeEngine(),
    ];

    /// <summary>Connects by a text such as <c>sqlite:events.db</c> or <c>postgresql://user@host/db</c>.</summary>
    /// <param name="text">The engine's name, a colon, and what that engine takes.</param>
    /// <param name="name">A name for the connection, or null.</param>
    /// <param name="user">A user that overrides the text's, or null.</param>
    /// <param name="password">A secret that is not part of the text, or null.</param>
    /// <param name="token">Cancels the attempt.</param>
    public static Task<EtlDatabase> ConnectAsync(string text, string? name, string? user, string? password, CancellationToken token) =>
        ConnectAsync(text, name, user, password, null, token);

    /// <summary>Connects by a text whose relative file paths start from a directory other than the process's.</summary>
    /// <param name="text">The engine's name, a colon, and what that engine takes.</param>
    /// <param name="name">A name for the connection, or null.</param>
    /// <param name="user">A user that overrides the text's, or null.</param>
    /// <param name="password">A secret that is not part of the text, or null.</param>
    /// <param name="baseDirectory">What a relative path starts from; null for the process's directory.</param>
    /// <param name="token">Cancels the attempt.</param>
    public static Task<EtlDatabase> ConnectAsync(string text, string? name, string? user, string? password, string? baseDirectory, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var word = colon < 0 ? text : text[..colon];
        var engine = All.FirstOrDefault(e => string.Equals(e.Name, word, StringComparison.OrdinalIgnoreCase));
        if (colon < 0 || engine is null)
            throw new EtlException(ErrorCode.UnknownEngine, word, string.Join(", ", All.Select(e => e.Name)));
        var target = new ConnectionTarget(text[(colon + 1)..]) { User = user, Password = password, BaseDirectory = baseDirectory };
        return EtlDatabase.ConnectAsync(name, engine, target, token);
    }
}
