using System.Data.Common;
using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;

namespace EtlTableOps.Snowflake;

/// <summary>
/// Reads what a user writes behind <c>snowflake:</c>: the name of an entry, nothing for the default entry, or a driver's connection string
/// (it has an equals sign). Keys are those of Snowflake's own tools and those of the driver. The driver ignores a key that it does not know,
/// so a typing error in <c>role</c> would work as another role: here it is refused. No message repeats a value.
/// </summary>
internal static class SnowflakeConnectionText
{
    private const string TextItself = "the connection text";
    private const string ContainerToken = "/snowflake/session/token";

    // The tools' and the driver's words -> the driver's.
    private static readonly Dictionary<string, string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["account"] = "account", ["user"] = "user", ["username"] = "user", ["password"] = "password", ["role"] = "role", ["warehouse"] = "warehouse",
        ["database"] = "db", ["db"] = "db", ["schema"] = "schema", ["host"] = "host", ["port"] = "port", ["protocol"] = "scheme", ["scheme"] = "scheme",
        ["authenticator"] = "authenticator", ["token"] = "token", ["token_file_path"] = TokenFile, ["passcode"] = "passcode",
        ["passcode_in_password"] = "passcodeinpassword", ["passcodeinpassword"] = "passcodeinpassword",
        ["private_key_file"] = "private_key_file", ["private_key_path"] = "private_key_file", ["private_key"] = "private_key", ["private_key_raw"] = "private_key",
        ["private_key_file_pwd"] = "private_key_pwd", ["private_key_pwd"] = "private_key_pwd", ["private_key_passphrase"] = "private_key_pwd",
        ["oauth_client_id"] = "oauthclientid", ["oauth_client_secret"] = "oauthclientsecret", ["oauth_scope"] = "oauthscope",
        ["oauth_redirect_uri"] = "oauthredirecturi", ["oauth_authorization_url"] = "oauthauthorizationurl", ["oauth_token_request_url"] = "oauthtokenrequesturl",
        ["oauth_enable_single_use_refresh_tokens"] = "oauthenablesingleuserefreshtokens",
        ["workload_identity_provider"] = "workload_identity_provider", ["workload_identity_entra_resource"] = "workload_identity_entra_resource",
        ["workload_impersonation_path"] = "workload_impersonation_path", ["workload_identity_impersonation_path"] = "workload_impersonation_path",
        ["proxy_host"] = "proxyhost", ["proxy_port"] = "proxyport", ["proxy_user"] = "proxyuser", ["proxy_password"] = "proxypassword",
        ["login_timeout"] = "connection_timeout", ["query_tag"] = "query_tag",
    };

    // The driver's own that have no other spelling among the tools.
    private static readonly string[] DriverWords =
    [
        "connection_timeout", "validate_default_parameters", "useproxy", "proxyhost", "proxyport", "proxyuser", "proxypassword", "nonproxyhosts", "application",
        "disableretry", "forceretryon404", "client_session_keep_alive", "gcs_use_downscoped_credential", "browser_response_timeout", "retry_timeout",
        "maxhttpretries", "file_transfer_memory_threshold", "includeretryreason", "disablequerycontextcache", "client_config_file", "disable_console_login",
        "allowunderscoresinhost", "disable_saml_url_check", "oauthclientid", "oauthclientsecret", "oauthscope", "oauthredirecturi", "oauthauthorizationurl",
        "oauthtokenrequesturl", "oauthenablesingleuserefreshtokens", "client_store_temporary_credential", "service_point_connection_limit",
        "certrevocationcheckmode", "enablecrldiskcaching", "enablecrlinmemorycaching", "allowcertificateswithoutcrlurl", "crldownloadtimeout",
        "crldownloadmaxsize", "mintls", "maxtls", "client_telemetry_enabled",
    ];

    // These change nothing for us: the session sets its own, or they are for tools in other languages that share the file.
    private static readonly HashSet<string> WithoutEffect = new(StringComparer.OrdinalIgnoreCase)
    {
        "poolingenabled", "maxpoolsize", "minpoolsize", "changedsession", "waitingforidlesessiontimeout", "expirationtimeout", "honorsessiontimezone",
        "forceparseerror", "autocommit", "timezone", "paramstyle", "numpy", "arrow_number_to_decimal", "client_prefetch_threads", "insecure_mode",
        "ocsp_fail_open", "disable_ocsp_checks", "client_request_mfa_token", "network_timeout", "socket_timeout", "enable_connection_diag",
        "connection_diag_log_path", "connection_diag_allowlist_path", "temporary_connection", "client_session_keep_alive_heartbeat_frequency",
    };

    private static readonly string[] SecretWords = ["password", "private_key", "private_key_pwd", "token", "passcode", "oauthclientsecret", "proxypassword"];

    private static readonly string[] Flags = ["passcodeinpassword", "validate_default_parameters", "useproxy", "client_session_keep_alive", "client_telemetry_enabled"];

    private const int ShortestTold = 5;

    private const string TokenFile = "token_file_path";

    static SnowflakeConnectionText()
    {
        foreach (var word in DriverWords) Words.TryAdd(word, word);
    }

    /// <summary>Whether a key is one that a connection can have.</summary>
    public static bool IsKnown(string key) => Words.ContainsKey(key) || WithoutEffect.Contains(key);

    /// <summary>Makes the driver's settings of a target.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when the text or the file behind it cannot be used.</exception>
    public static SnowflakeTarget Read(ConnectionTarget target, SnowflakeSurroundings surroundings)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(surroundings);
        var text = target.Text.Trim();
        if (text.StartsWith("//", StringComparison.Ordinal)) throw Bad("The connection text cannot be read: write snowflake:NAME with the name of an entry of connections.toml, or a driver's connection string behind the colon.");
        var isEntry = !text.Contains('=', StringComparison.Ordinal);
        var entry = isEntry
            ? new SnowflakeConnections(surroundings).Find(text)
            : new SnowflakeEntry("", ReadDriverText(text), [], []);

        var values = Collect(entry.Settings);
        foreach (var (key, setting) in Collect(entry.Overrides)) values[key] = setting;
        if (target.User is { } user) values["user"] = new SnowflakeSetting("user", user, "the given user");
        if (target.Password is { Length: > 0 } password) values[SecretKey(values)] = new SnowflakeSetting("password", password, "the given password");
        ReadTokenFile(values, surroundings, target.BaseDirectory);
        Complete(values, surroundings, target.BaseDirectory);
        Check(values, isEntry ? $"The connection '{entry.Name}'" : "The connection text");

        var settings = new DbConnectionStringBuilder();
        foreach (var (key, setting) in values) settings[key] = setting.Value;
        // A pooled connection would outlive its session with its settings, and opening one would sign in twice.
        settings["poolingenabled"] = "false";
        // One of a few characters stands in any sentence by chance, and where it was taken out the gaps would tell it.
        var secrets = SecretWords.Where(values.ContainsKey).Select(w => values[w].Value).Where(v => v.Length >= ShortestTold).OrderByDescending(v => v.Length).ToList();
        return new SnowflakeTarget(settings, secrets, entry.Parameters) { Entry = isEntry ? entry.Name : null };
    }

    private static List<SnowflakeSetting> ReadDriverText(string text)
    {
        var given = new DbConnectionStringBuilder();
        try
        {
            given.ConnectionString = text;
        }
        catch (ArgumentException)
        {
            // Not as an inner exception either: it repeats the text that it did not understand.
            throw Bad("The connection text cannot be read: behind the colon stand key=value pairs with ; between them; a value with ; or = in it needs quotes.");
        }
        return [.. given.Keys.Cast<string>().Select(k => new SnowflakeSetting(k, (string)given[k], TextItself))];
    }

    private static Dictionary<string, SnowflakeSetting> Collect(IReadOnlyList<SnowflakeSetting> settings)
    {
        var values = new Dictionary<string, SnowflakeSetting>(StringComparer.OrdinalIgnoreCase);
        var behindSecret = false;
        foreach (var setting in settings)
        {
            if (WithoutEffect.Contains(setting.Key)) continue;
            if (!Words.TryGetValue(setting.Key, out var word))
            {
                // password=one;two=three is one password without its quotes, and 'two' a part of it.
                throw behindSecret && setting.Where == TextItself
                    ? Bad($"A key behind the secret in {TextItself} is not known; a value with ; or = in it needs quotes.")
                    : Bad($"The key '{Shorten(setting.Key)}' in {setting.Where} is not known{Guess(setting.Key)}.");
            }
            behindSecret |= SecretWords.Contains(word);
            if (!values.TryAdd(word, setting)) throw Bad($"The keys '{values[word].Key}' and '{setting.Key}' in {setting.Where} say the same thing; leave one.");
        }
        return values;
    }

    /// <summary>What a secret that was given apart from the text is: it depends on the way of signing in.</summary>
    private static string SecretKey(Dictionary<string, SnowflakeSetting> values) => Authenticator(values) switch
    {
        "snowflake_jwt" => "private_key_pwd",
        "oauth" or "programmatic_access_token" => "token",
        "oauth_client_credentials" or "oauth_authorization_code" => "oauthclientsecret",
        _ => HasKey(values) ? "private_key_pwd" : "password",
    };

    private static void ReadTokenFile(Dictionary<string, SnowflakeSetting> values, SnowflakeSurroundings surroundings, string? baseDirectory)
    {
        var named = values.Remove(TokenFile, out var file);
        if (values.ContainsKey("token") || Authenticator(values) is not ("oauth" or "programmatic_access_token" or "workload_identity")) return;
        // Inside Snowflake's own containers the token lies in a fixed place, as it does for the driver.
        var path = named ? PathOf(file, surroundings, baseDirectory) : ContainerToken;
        if (!named && !File.Exists(path)) return;
        values["token"] = new SnowflakeSetting(TokenFile, PrivateFile.Read(path, surroundings).Trim(), named ? file.Where : path);
    }

    private static void Complete(Dictionary<string, SnowflakeSetting> values, SnowflakeSurroundings surroundings, string? baseDirectory)
    {
        if (values.TryGetValue("private_key_file", out var file))
        {
            var path = PathOf(file, surroundings, baseDirectory);
            if (!File.Exists(path)) throw Bad($"There is no key file {path}, which '{file.Key}' in {file.Where} names.");
            values["private_key_file"] = file with { Value = path };
        }
        // The driver would ask for a password although there is a key.
        if (HasKey(values) && !values.ContainsKey("authenticator")) values["authenticator"] = new SnowflakeSetting("authenticator", "snowflake_jwt", "the key");
    }

    private static void Check(Dictionary<string, SnowflakeSetting> values, string what)
    {
        foreach (var (key, setting) in values)
        {
            if (setting.Value.Length == 0 && key is "account" or "authenticator" or "port" or "scheme") throw Bad($"The key '{setting.Key}' in {setting.Where} has no value.");
        }
        if (!values.ContainsKey("account")) throw Bad($"{what} names no account: give it the key 'account', such as myorganization-myaccount.");
        if (values.TryGetValue("port", out var port) && !(int.TryParse(port.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 65535))
            throw Bad($"The key 'port' in {port.Where} takes a number from 1 to 65535.");
        if (values.TryGetValue("scheme", out var scheme) && scheme.Value is not ("https" or "http")) throw Bad($"The key '{scheme.Key}' in {scheme.Where} takes https or http.");
        foreach (var flag in Flags)
        {
            if (values.TryGetValue(flag, out var setting) && !bool.TryParse(setting.Value, out _)) throw Bad($"The key '{setting.Key}' in {setting.Where} takes true or false.");
        }
    }

    private static string PathOf(SnowflakeSetting setting, SnowflakeSurroundings surroundings, string? baseDirectory)
    {
        try
        {
            return Path.GetFullPath(surroundings.Expand(setting.Value), baseDirectory ?? Environment.CurrentDirectory);
        }
        catch (ArgumentException)
        {
            throw Bad($"The key '{setting.Key}' in {setting.Where} takes a file's path.");
        }
    }

    private static string Authenticator(Dictionary<string, SnowflakeSetting> values) =>
        values.TryGetValue("authenticator", out var setting) ? setting.Value.ToLowerInvariant() : "";

    private static bool HasKey(Dictionary<string, SnowflakeSetting> values) => values.ContainsKey("private_key_file") || values.ContainsKey("private_key");

    private static string Shorten(string key) => key.Length <= 40 ? key : key[..39] + "…";

    // The nearest known word, where one is near: what is wrong is mostly a typing error.
    private static string Guess(string key)
    {
        var lower = key.ToLowerInvariant();
        var near = Words.Keys.Select(w => (Word: w, Distance: Distance(lower, w))).MinBy(w => w.Distance);
        return near.Distance <= Math.Min(3, key.Length / 2) ? $"; did you mean '{near.Word}'" : "";
    }

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.Length];
    }

    private static EtlException Bad(string why) => new(ErrorCode.BadInput, why);
}
