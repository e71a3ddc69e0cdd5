using System.Data.Common;
using EtlTableOps.Engines;
using EtlTableOps.Errors;

namespace EtlTableOps.Snowflake.Tests.Connecting;

public sealed class ConnectionTextTests : IDisposable
{
    private const string Secret = "pa55=;word";
    private readonly Files files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void An_entry_is_told_to_the_driver_in_the_drivers_words()
    {
        var key = files.Write("keys/etl.p8", "key");
        files.Write(".snowflake/connections.toml", $"""
            [prod]
            account = "org-acct"
            user = "ETL"
            private_key_file = "~/keys/etl.p8"
            private_key_file_pwd = "{Secret}"
            role = "LOADER"
            warehouse = "WH"
            database = "SALES"
            schema = "PUBLIC"
            protocol = "http"
            host = "127.0.0.1"
            port = 8080
            client_telemetry_enabled = false
            """);
        var target = files.Read("prod");
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["account"] = "org-acct", ["user"] = "ETL", ["private_key_file"] = key, ["private_key_pwd"] = Secret, ["role"] = "LOADER", ["warehouse"] = "WH",
                ["db"] = "SALES", ["schema"] = "PUBLIC", ["scheme"] = "http", ["host"] = "127.0.0.1", ["port"] = "8080", ["client_telemetry_enabled"] = "false",
                ["authenticator"] = "snowflake_jwt", ["poolingenabled"] = "false",
            },
            Settings(target));
        Assert.Equal("snowflake://ETL@org-acct/SALES/PUBLIC?role=LOADER&warehouse=WH", target.Display());
    }

    [Theory]
    [InlineData("password", "", "password")]
    [InlineData("authenticator", "snowflake_jwt", "private_key_pwd")]
    [InlineData("authenticator", "PROGRAMMATIC_ACCESS_TOKEN", "token")]
    [InlineData("authenticator", "oauth", "token")]
    [InlineData("authenticator", "oauth_client_credentials", "oauthclientsecret")]
    [InlineData("private_key_file", "key.p8", "private_key_pwd")]
    public void A_secret_that_is_given_apart_goes_where_the_way_of_signing_in_has_it(string key, string value, string place)
    {
        files.Write("key.p8", "key");
        var target = files.Read(new ConnectionTarget($"account=a;user=u;{key}={value}") { User = "other", Password = Secret, BaseDirectory = files.Home });
        Assert.Equal(Secret, Settings(target)[place]);
        Assert.Equal("other", Settings(target)["user"]);
    }

    [Fact]
    public void A_token_is_read_from_its_file()
    {
        files.Write("token", "  abc.def\n");
        var target = files.Read($"account=a;authenticator=oauth;token_file_path={Path.Combine(files.Home, "token")}");
        Assert.Equal("abc.def", Settings(target)["token"]);
        Assert.False(Settings(target).ContainsKey("token_file_path"));
    }

    [Fact]
    public void The_files_are_found_by_the_tools_rules()
    {
        files.Write("elsewhere/connections.toml", "[one]\naccount = \"first\"\n[both]\naccount = \"own\"");
        files.Write("elsewhere/config.toml", "default_connection_name = \"both\"\n[connections.both]\naccount = \"shared\"\n[connections.two]\naccount = \"second\"\n[cli.logs]\nsave_logs = true");
        files.Write(".config/snowflake/connections.toml", "[default]\naccount = \"platform\"");
        if (OperatingSystem.IsLinux()) Assert.Equal("platform", files.Read("").Account);
        files.Write(".snowflake/connections.toml", "[default]\naccount = \"usual\"");
        Assert.Equal("usual", files.Read("").Account);
        files.Variables["SNOWFLAKE_HOME"] = Path.Combine(files.Home, "elsewhere");
        Assert.Equal("own", files.Read("").Account);
        Assert.Equal("second", files.Read("two").Account);
        files.Variables["SNOWFLAKE_DEFAULT_CONNECTION_NAME"] = "one";
        Assert.Equal("first", files.Read("").Account);
        Assert.Equal("own", files.Read("both").Account);
    }

    [Fact]
    public void The_environment_overrides_an_entry_and_can_make_one()
    {
        files.Write(".snowflake/connections.toml", "[prod]\naccount = \"a\"\ndatabase = \"D\"\n[prod_eu]\naccount = \"b\"");
        files.Variables["SNOWFLAKE_CONNECTIONS_PROD_DATABASE"] = "OTHER";
        files.Variables["SNOWFLAKE_CONNECTIONS_PROD_ROLE"] = "R";
        files.Variables["SNOWFLAKE_CONNECTIONS_PROD_EU_ROLE"] = "EU";
        files.Variables["SNOWFLAKE_CONNECTIONS_CONTAINER_ACCOUNT"] = "c";
        Assert.Equal(("OTHER", "R"), (Settings(files.Read("prod"))["db"], Settings(files.Read("prod"))["role"]));
        Assert.Equal("EU", Settings(files.Read("prod_eu"))["role"]);
        Assert.Equal("c", files.Read("container").Account);
        files.Variables["SNOWFLAKE_CONNECTIONS_PROD_ROEL"] = "R";
        Assert.Contains("SNOWFLAKE_CONNECTIONS_PROD_ROEL", Refused("prod"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_entry_is_refused_with_the_names_that_there_are()
    {
        files.Write(".snowflake/connections.toml", "[prod]\naccount = \"a\"\n[dev]\naccount = \"b\"");
        Assert.Contains("dev, prod", Refused("prd"), StringComparison.Ordinal);
        Assert.Contains("'default'", Refused(""), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_key_is_refused_with_its_file_and_never_with_a_value()
    {
        var file = files.Write(".snowflake/connections.toml", $"[prod]\naccount = \"a\"\npasword = \"{Secret}\"");
        var said = Refused("prod");
        Assert.Contains("'pasword'", said, StringComparison.Ordinal);
        Assert.Contains("'password'", said, StringComparison.Ordinal);
        Assert.Contains(file, said, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_toml_is_refused_with_its_line_and_none_of_its_text()
    {
        var file = files.Write(".snowflake/connections.toml", "[prod]\naccount = \"a\"\npassword = \"hidden");
        var said = Refused("prod");
        Assert.Contains($"Line 3 of {file}", said, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("account=a;password=t0p;s3cr3t=1;db=D")]
    [InlineData("account=a;password='t0p")]
    [InlineData("//user:s3cr3t@account/db")]
    [InlineData("account=a;port=s3cr3t")]
    [InlineData("account=a;scheme=s3cr3t")]
    [InlineData("user=u;password=s3cr3t")]
    [InlineData("account=a;database=D;db=s3cr3t")]
    [InlineData("account=a;useproxy=s3cr3t")]
    public void A_connection_string_that_cannot_be_used_is_refused_without_any_value_of_it(string text)
    {
        var said = Refused(text);
        Assert.DoesNotContain("s3cr3t", said, StringComparison.Ordinal);
        Assert.DoesNotContain("t0p", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_for_tools_in_other_languages_and_pooling_change_nothing()
    {
        files.Write(".snowflake/connections.toml", "[prod]\naccount = \"a\"\nautocommit = true\npoolingenabled = true\nocsp_fail_open = true");
        Assert.Equal(["account", "poolingenabled"], Settings(files.Read("prod")).Keys.Order());
        Assert.Equal("false", Settings(files.Read("prod"))["poolingenabled"]);
    }

    [Fact]
    public void Session_parameters_are_kept_for_the_session()
    {
        files.Write(".snowflake/connections.toml", "[prod]\naccount = \"a\"\n[prod.session_parameters]\nJSON_INDENT = 0\nWEEK_START = 1");
        Assert.Equal(["JSON_INDENT", "WEEK_START"], files.Read("prod").Parameters.Select(p => p.Key));
        files.Write(".snowflake/connections.toml", "[prod]\naccount = \"a\"\n[prod.session_parameters]\n\"X = 1; DROP\" = 0");
        Refused("prod");
    }

    [Fact]
    public void A_file_that_others_can_write_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps rights another way; the driver does not check them there either.");
        var file = files.Write(".snowflake/connections.toml", "[prod]\naccount = \"a\"");
        foreach (var wide in new[] { UnixFileMode.GroupWrite, UnixFileMode.OtherWrite })
        {
#pragma warning disable CA1416 // Skipped on Windows above.
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | wide);
#pragma warning restore CA1416
            Assert.Contains("chmod 600", Refused("prod"), StringComparison.Ordinal);
        }
        files.Variables["SF_SKIP_TOKEN_FILE_PERMISSIONS_VERIFICATION"] = "true";
        Assert.Equal("a", files.Read("prod").Account);
    }

    [Fact]
    public void Whatever_is_set_comes_to_the_driver_as_it_was_written_and_no_secret_shows()
    {
        var random = new Random(7);
        string Some() => "<" + new string(Enumerable.Range(0, random.Next(0, 10)).Select(_ => "ab;='\" {}\\é%"[random.Next(12)]).ToArray()) + ">";
        for (var run = 0; run < 500; run++)
        {
            var (password, role) = (Some(), Some());
            var given = new DbConnectionStringBuilder { ["account"] = "acct", ["user"] = "me", ["role"] = role, ["password"] = "@@@" + password };
            var target = files.Read(given.ConnectionString);
            Assert.Equal((role, "@@@" + password), (Settings(target)["role"], Settings(target)["password"]));
            Assert.DoesNotContain("@@@" + password, target.Display().Replace("me@", "", StringComparison.Ordinal) + target, StringComparison.Ordinal);
            Assert.True(target.Betrays($"x @@@{password} y"));
            Assert.Equal("x *** y", target.Redact($"x @@@{password} y"));
        }
    }

    private static Dictionary<string, string> Settings(SnowflakeTarget target)
    {
        var settings = new DbConnectionStringBuilder { ConnectionString = target.ConnectionString };
        return settings.Keys.Cast<string>().ToDictionary(k => k, k => (string)settings[k]);
    }

    private string Refused(string text)
    {
        var failure = Assert.Throws<EtlException>(() => files.Read(text));
        Assert.Equal(ErrorCode.BadInput, failure.Code);
        return failure.ToString();
    }
}
