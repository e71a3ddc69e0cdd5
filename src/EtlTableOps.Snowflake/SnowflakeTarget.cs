using System.Data.Common;

namespace EtlTableOps.Snowflake;

/// <summary>
/// What a connection text came to: the driver's settings, and what of them may be shown. No record, because a record's own text would show
/// the secrets.
/// </summary>
internal sealed class SnowflakeTarget(DbConnectionStringBuilder settings, IReadOnlyList<string> secrets, IReadOnlyList<SnowflakeSetting> parameters)
{
    /// <summary>The driver's connection string. Holds secrets.</summary>
    public string ConnectionString => settings.ConnectionString;

    /// <summary>The account.</summary>
    public string Account { get; } = Of(settings, "account")!;

    /// <summary>The user that signs in, or null where the way of signing in tells it.</summary>
    public string? User { get; } = Of(settings, "user");

    /// <summary>The tag that the user asked for, or null.</summary>
    public string? QueryTag { get; } = Of(settings, "query_tag");

    /// <summary>Session parameters to be set before ours.</summary>
    public IReadOnlyList<SnowflakeSetting> Parameters { get; } = parameters;

    /// <summary>The entry's name; null for a driver's connection string.</summary>
    public string? Entry { get; init; }

    /// <summary>Where it leads, without secrets; what the server says of the session goes before what was asked for.</summary>
    public string Display(SnowflakeFacts? facts = null)
    {
        var user = facts?.User ?? User;
        var place = (user is null ? "" : user + "@") + Account;
        var database = facts?.Database ?? Of(settings, "db");
        var schema = facts is null ? Of(settings, "schema") : facts.Schema;
        var path = database is null ? "" : schema is null ? "/" + database : $"/{database}/{schema}";
        var role = facts is null ? Of(settings, "role") : facts.Role;
        var warehouse = facts is null ? Of(settings, "warehouse") : facts.Warehouse;
        var query = string.Join('&', new[] { role is null ? null : "role=" + role, warehouse is null ? null : "warehouse=" + warehouse }.OfType<string>());
        return $"snowflake://{place}{path}{(query.Length > 0 ? "?" : "")}{query}";
    }

    /// <summary>A text with every secret of this target taken out, but for those of a few characters, which stand in any text by chance.</summary>
    public string Redact(string text)
    {
        foreach (var secret in secrets) text = text.Replace(secret, "***", StringComparison.Ordinal);
        return text;
    }

    /// <summary>Whether a text holds a secret of this target.</summary>
    public bool Betrays(string text) => secrets.Any(s => text.Contains(s, StringComparison.Ordinal));

    /// <summary>Where it leads.</summary>
    public override string ToString() => Display();

    private static string? Of(DbConnectionStringBuilder settings, string key) =>
        settings.TryGetValue(key, out var value) && value is string { Length: > 0 } text ? text : null;
}

/// <summary>What the server said of a session when it was opened.</summary>
/// <param name="Version">The server's version.</param>
/// <param name="User">The user.</param>
/// <param name="Role">The current role, or null.</param>
/// <param name="Warehouse">The current warehouse, or null: only statements that read no data run.</param>
/// <param name="Database">The current database.</param>
/// <param name="Schema">The current schema, or null: every table has to be named with its own.</param>
/// <param name="Account">The account's locator.</param>
/// <param name="RunId">The id in the tag of every statement of this session.</param>
/// <param name="QueryTag">The tag itself.</param>
internal sealed record SnowflakeFacts(string Version, string User, string? Role, string? Warehouse, string Database, string? Schema, string Account, string RunId, string QueryTag);
