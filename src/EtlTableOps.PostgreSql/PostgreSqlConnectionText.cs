using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using Npgsql;

namespace EtlTableOps.PostgreSql;

/// <summary>
/// Reads what a user writes behind <c>postgresql:</c>: a URI as libpq takes it, or an Npgsql keyword string. No message of it repeats
/// any part of the text but a parameter's name, because a mistyped text may have its secret anywhere.
/// </summary>
internal static class PostgreSqlConnectionText
{
    // libpq's word -> Npgsql's.
    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["host"] = "Host", ["hostaddr"] = "Host", ["port"] = "Port", ["user"] = "Username", ["password"] = "Password", ["dbname"] = "Database",
        ["sslmode"] = "SSL Mode", ["sslcert"] = "SSL Certificate", ["sslkey"] = "SSL Key", ["sslpassword"] = "SSL Password",
        ["sslrootcert"] = "Root Certificate", ["sslnegotiation"] = "SSL Negotiation", ["channel_binding"] = "Channel Binding",
        ["connect_timeout"] = "Timeout", ["application_name"] = "Application Name", ["passfile"] = "Passfile", ["options"] = "Options",
        ["krbsrvname"] = "Kerberos Service Name", ["require_auth"] = "Require Auth", ["gssencmode"] = "Gss Encryption Mode",
        ["keepalives_idle"] = "Tcp Keepalive Time", ["keepalives_interval"] = "Tcp Keepalive Interval",
    };

    // These change nothing for us: the session sets its own, or the driver has no such thing.
    private static readonly HashSet<string> WithoutEffect = new(StringComparer.Ordinal)
    {
        "client_encoding", "fallback_application_name", "keepalives", "keepalives_count", "tcp_user_timeout", "sslcompression", "gsslib",
        "load_balance_hosts", "target_session_attrs",
    };

    /// <summary>Makes the driver's settings of a target.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when the text cannot be read.</exception>
    public static NpgsqlConnectionStringBuilder Read(ConnectionTarget target)
    {
        var text = target.Text.Trim();
        NpgsqlConnectionStringBuilder settings;
        if (text.StartsWith("//", StringComparison.Ordinal)) settings = ReadUri(text[2..]);
        else if (text.Length == 0 || text.Contains('=', StringComparison.Ordinal)) settings = ReadKeywords(text);
        else throw Bad("write postgresql://user@host/database, or an Npgsql connection string behind the colon");

        if (target.User is not null) settings.Username = target.User;
        if (target.Password is not null) settings.Password = target.Password;
        if (string.IsNullOrEmpty(settings.Host)) settings.Host = Environment.GetEnvironmentVariable("PGHOST") is { Length: > 0 } host ? host : "localhost";
        if (settings.Host.Contains(',', StringComparison.Ordinal)) throw Bad("one host only: an exchange must know which server it talks to");
        if (!settings.ContainsKey("Port") && int.TryParse(Environment.GetEnvironmentVariable("PGPORT"), NumberStyles.None, CultureInfo.InvariantCulture, out var port)) settings.Port = port;
        if (settings.ApplicationName is null) settings.ApplicationName = "etltableops";

        // A pooled connection would outlive its session, with its settings and its locks.
        settings.Pooling = false;
        settings.Enlist = false;
        settings.Multiplexing = false;
        settings.MaxAutoPrepare = 0;
        settings.CommandTimeout = 0;
        settings.PersistSecurityInfo = false;
        // The detail names the row that broke a constraint. It can hold data of the table, which the operator may see anyway.
        settings.IncludeErrorDetail = true;
        settings.LogParameters = false;
        // Half-open connections are noticed by the kernel. The driver's own keepalive is off: it sends statements between ours.
        settings.KeepAlive = 0;
        // A unix socket has no such options and fails on them; its other end dies with its process.
        settings.TcpKeepAlive = !settings.Host.StartsWith('/');
        settings.TcpKeepAliveTime = !settings.TcpKeepAlive ? 0 : settings.TcpKeepAliveTime > 0 ? settings.TcpKeepAliveTime : 30;
        settings.TcpKeepAliveInterval = !settings.TcpKeepAlive ? 0 : settings.TcpKeepAliveInterval > 0 ? settings.TcpKeepAliveInterval : 10;
        settings.CancellationTimeout = 500;
        // Names the statement of a batch that failed.
        settings.IncludeFailedBatchedCommand = true;
        settings.WriteBufferSize = Math.Max(settings.WriteBufferSize, 32 * 1024);
        return settings;
    }

    /// <summary>Where settings lead, without secrets.</summary>
    public static string Display(NpgsqlConnectionStringBuilder settings, string? user, string? database)
    {
        var host = settings.Host!;
        var port = settings.Port == NpgsqlConnection.DefaultPort ? "" : string.Create(CultureInfo.InvariantCulture, $":{settings.Port}");
        var shown = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        // A socket's directory cannot stand where a host's name does.
        var (place, query) = host.StartsWith('/') ? (port, "?host=" + host) : (shown + port, "");
        return $"postgresql://{user ?? settings.Username}@{place}/{database ?? settings.Database}{query}";
    }

    private static NpgsqlConnectionStringBuilder ReadKeywords(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException or NotSupportedException)
        {
            // Not as an inner exception either: the driver repeats the text that it did not understand.
            throw Bad("the driver does not understand the connection string; a value with ; or = in it needs quotes");
        }
    }

    private static NpgsqlConnectionStringBuilder ReadUri(string text)
    {
        var settings = new NpgsqlConnectionStringBuilder();
        var question = text.IndexOf('?', StringComparison.Ordinal);
        var query = question < 0 ? "" : text[(question + 1)..];
        var rest = question < 0 ? text : text[..question];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        if (slash >= 0 && slash + 1 < rest.Length) settings.Database = Decode(rest[(slash + 1)..]);

        // The last @ ends the user's part, so that a password with an unescaped @ is still none of the host's name.
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var user = authority[..at];
            var colon = user.IndexOf(':', StringComparison.Ordinal);
            var name = Decode(colon < 0 ? user : user[..colon]);
            if (name.Length > 0) settings.Username = name;
            if (colon >= 0) settings.Password = Decode(user[(colon + 1)..]);
        }
        ReadHost(settings, authority[(at + 1)..]);

        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) throw Bad("behind the question mark stand name=value pairs with & between them");
            Set(settings, Decode(pair[..equals]), Decode(pair[(equals + 1)..]));
        }
        return settings;
    }

    private static void ReadHost(NpgsqlConnectionStringBuilder settings, string place)
    {
        var host = place;
        var port = "";
        if (place.StartsWith('['))
        {
            var end = place.IndexOf(']', StringComparison.Ordinal);
            if (end < 0) throw Bad("the bracket of an IPv6 address is not closed");
            host = place[1..end];
            var behind = place[(end + 1)..];
            if (behind.Length > 0 && behind[0] != ':') throw Bad("behind the bracket of an IPv6 address stands a colon and the port");
            port = behind.TrimStart(':');
        }
        else if (place.LastIndexOf(':') is >= 0 and var colon)
        {
            host = place[..colon];
            port = place[(colon + 1)..];
        }
        if (host.Length > 0) settings.Host = Decode(host);
        if (port.Length == 0) return;
        if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 65535) throw Bad("the port is a number from 1 to 65535; a : / ? # or @ in a password is written as %3A %2F %3F %23 %40");
        settings.Port = number;
    }

    private static void Set(NpgsqlConnectionStringBuilder settings, string word, string value)
    {
        if (WithoutEffect.Contains(word)) return;
        if (!Words.TryGetValue(word, out var keyword)) throw Bad($"the parameter {word} is not known");
        try
        {
            settings[keyword] = word == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException or NotSupportedException or InvalidCastException)
        {
            throw Bad($"the value of the parameter {word} is not understood");
        }
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text);

    private static EtlException Bad(string why) => new(ErrorCode.BadInput, $"The connection text cannot be read: {why}.");
}
