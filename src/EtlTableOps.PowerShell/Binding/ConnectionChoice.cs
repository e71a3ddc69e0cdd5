using System.Collections;
using System.Data.Common;
using System.Management.Automation;
using EtlTableOps.Composition;
using EtlTableOps.Engines;
using EtlTableOps.Errors;

namespace EtlTableOps.PowerShell.Binding;

/// <summary>What a user named as a connection: an open database, the name of one, or how to open one. Nothing is opened yet.</summary>
internal sealed record ConnectionChoice
{
    /// <summary>A database that is open already.</summary>
    public EtlDatabase? Database { get; private init; }

    /// <summary>The connection text.</summary>
    public string Text { get; private init; } = "";

    /// <summary>The name for it.</summary>
    public string? Name { get; private init; }

    /// <summary>The user, where it is not in the text.</summary>
    public string? User { get; private init; }

    private string? Password { get; init; }

    /// <summary>The open default, or the error that says how to get one.</summary>
    public static EtlDatabase Default => SessionTable.Current.Default ?? throw new EtlException(ErrorCode.NoConnection);

    /// <summary>Reads what was given: an <see cref="EtlDatabase"/>, a session's name, a connection text or a connection asset.</summary>
    public static ConnectionChoice From(object given) => Unwrap.One(given) switch
    {
        ConnectionChoice choice => choice,
        EtlDatabase database => new ConnectionChoice { Database = database },
        string text when SessionTable.Current.Find(text) is { } open => new ConnectionChoice { Database = open },
        string text when text.Contains(':', StringComparison.Ordinal) => new ConnectionChoice { Text = text },
        string text => throw new EtlException(ErrorCode.BadInput, $"'{text}' is neither the name of an open connection nor a connection text such as sqlite:events.db or postgresql://user@host/db."),
        IDictionary asset => FromAsset(asset),
        var other => throw new EtlException(ErrorCode.BadInput, $"A connection is a text, the name of an open one, a hashtable or the object of Connect-EtlDatabase, not a {other?.GetType().Name ?? "null"}."),
    };

    /// <summary>The same with a name and a credential added.</summary>
    public ConnectionChoice With(string? name, PSCredential? credential) => credential is null
        ? this with { Name = name ?? Name }
        : this with { Name = name ?? Name, User = credential.UserName, Password = Unwrap.Secret(credential.Password) };

    /// <summary>The database: the open one, or opened now.</summary>
    /// <param name="directory">What a relative path in the text starts from.</param>
    /// <param name="token">Cancels the attempt.</param>
    public Task<EtlDatabase> OpenAsync(string? directory, CancellationToken token) => Database is { } open
        ? open.IsOpen ? Task.FromResult(open) : throw new EtlException(ErrorCode.NoConnection)
        : EngineList.ConnectAsync(Text, Name, User, Password, directory, token);

    /// <summary>Names the choice without its secrets: the record's own text would show them.</summary>
    public override string ToString() => Database?.Name ?? Name ?? nameof(ConnectionChoice);

    /// <summary>
    /// An asset of Azure Automation or a hashtable like it: <c>Connection</c> holds the text; or <c>Engine</c> names the engine and the
    /// further entries become its connection string. <c>Credential</c>, or <c>UserName</c> and <c>Password</c>, stay outside the text.
    /// </summary>
    private static ConnectionChoice FromAsset(IDictionary asset)
    {
        var rest = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry entry in asset) rest[entry.Key.ToString() ?? ""] = Unwrap.One(entry.Value);

        string? Take(params string[] keys)
        {
            foreach (var key in keys)
            {
                if (rest.Remove(key, out var value) && value is not null) return value.ToString();
            }
            return null;
        }

        var name = Take("Name");
        var text = Take("Connection", "ConnectionString", "Text");
        rest.Remove("Credential", out var credential);
        var user = Take("UserName", "User");
        rest.Remove("Password", out var password);
        if (text is null)
        {
            var engine = Take("Engine") ?? throw new EtlException(ErrorCode.BadInput, "The connection hashtable needs an entry 'Connection' with the connection text, or 'Engine' with the engine's name and the entries of its connection string.");
            var builder = new DbConnectionStringBuilder();
            foreach (var (key, value) in rest) builder[key] = value;
            text = engine + ":" + builder.ConnectionString;
        }
        else if (rest.Count > 0)
        {
            throw new EtlException(ErrorCode.BadInput, $"The connection hashtable has entries that are not understood beside a connection text: {string.Join(", ", rest.Keys.Order(StringComparer.Ordinal))}.");
        }
        return new ConnectionChoice { Text = text, Name = name, User = user, Password = Unwrap.Secret(password) }.With(null, credential as PSCredential);
    }
}
