using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>A small client of the protocol, for processes of their own where the official driver is not there.</summary>
internal sealed class WireBackend : IModelBackend
{
    private readonly HttpClient http;
    private readonly string? tag;
    private string masterToken = "";
    private string token = "";
    private string? running;

    private WireBackend(HttpClient http, string? tag)
    {
        this.http = http;
        this.tag = tag;
    }

    public string? Database { get; private set; }

    public static WireBackend Open(Func<string, string?> setting)
    {
        var http = new HttpClient { BaseAddress = new Uri($"http://{setting("host") ?? "127.0.0.1"}:{setting("port")}/"), Timeout = Timeout.InfiniteTimeSpan };
        var backend = new WireBackend(http, setting("query_tag"));
        string Part(string name, string key) => setting(key) is { } value ? $"&{name}={Uri.EscapeDataString(value)}" : "";
        var data = new JsonObject { ["LOGIN_NAME"] = setting("user"), ["PASSWORD"] = setting("password"), ["CLIENT_APP_ID"] = "tests" };
        if (setting("authenticator") is { } authenticator)
        {
            data["AUTHENTICATOR"] = authenticator;
            data["TOKEN"] = setting("token");
        }
        var answer = backend.Post("session/v1/login-request?requestId=" + Guid.NewGuid() + Part("roleName", "role") + Part("databaseName", "db") + Part("schemaName", "schema") + Part("warehouse", "warehouse"), new JsonObject { ["data"] = data });
        Check(answer);
        backend.token = answer.GetProperty("data").GetProperty("token").GetString()!;
        backend.masterToken = answer.GetProperty("data").GetProperty("masterToken").GetString()!;
        backend.Database = answer.GetProperty("data").GetProperty("sessionInfo").GetProperty("databaseName").GetString();
        return backend;
    }

    public IReadOnlyList<ModelResult> Execute(string sql, IReadOnlyList<ModelBind> binds, int? statements)
    {
        var requestId = Guid.NewGuid().ToString();
        running = requestId;
        var bindings = new JsonObject();
        for (var i = 0; i < binds.Count; i++)
        {
            var (type, value) = Wire.Bind(binds[i]);
            bindings[(i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture)] = new JsonObject { ["type"] = type, ["value"] = value };
        }
        var parameters = new JsonObject();
        if (tag is not null) parameters["QUERY_TAG"] = tag;
        if (statements is { } count) parameters["MULTI_STATEMENT_COUNT"] = count.ToString(System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            var answer = Answered(() => Post("queries/v1/query-request?requestId=" + requestId, new JsonObject { ["sqlText"] = sql, ["bindings"] = bindings.Count == 0 ? null : bindings.DeepClone(), ["parameters"] = parameters.DeepClone() }));
            if (!answer.GetProperty("data").TryGetProperty("resultIds", out var ids)) return [Result(answer)];
            return [.. ids.GetString()!.Split(',').Select(id => Result(Answered(() => Get($"queries/{id}/result"))))];
        }
        finally
        {
            running = null;
        }
    }

    public void Cancel()
    {
        if (running is { } requestId) Post("queries/v1/abort-request?requestId=" + Guid.NewGuid(), new JsonObject { ["requestId"] = requestId });
    }

    public void Close()
    {
        try
        {
            Post("session?delete=true", []);
        }
        catch (ConnectionLostException)
        {
            // Nobody is there to hear it.
        }
        http.Dispose();
    }

    public void Abandon() => http.Dispose();

    private static ModelResult Result(JsonElement answer)
    {
        var data = answer.GetProperty("data");
        var columns = data.GetProperty("rowtype").EnumerateArray().Select(c => new ResultColumn(c.GetProperty("name").GetString()!, Wire.Type(c), c.GetProperty("nullable").GetBoolean())).ToList();
        var rows = data.GetProperty("rowset").EnumerateArray().Select(r => r.EnumerateArray().Select((v, i) => Wire.Value(v.GetString(), columns[i].Type)).ToArray()).ToList();
        var type = data.GetProperty("statementTypeId").GetInt64();
        FileTransfer? transfer = null;
        if (data.TryGetProperty("stageInfo", out var stage))
            transfer = new FileTransfer(data.GetProperty("src_locations")[0].GetString()!, stage.GetProperty("location").GetString()!, data.GetProperty("autoCompress").GetBoolean(), data.GetProperty("overwrite").GetBoolean());
        // As the driver counts: all columns of row 1, without the multi-joined ones; of a COPY the loaded rows.
        var affected = type is >= StatementTypes.Insert and < StatementTypes.Copy && rows.Count > 0
            ? (long)rows[0].Where((_, i) => !columns[i].Name.Contains("multi-joined", StringComparison.Ordinal)).Sum(v => v as decimal? ?? 0)
            : type == StatementTypes.Copy && columns.FindIndex(c => c.Name == "rows_loaded") is >= 0 and var loaded ? (long)rows.Sum(r => r[loaded] as decimal? ?? 0) : 0;
        return FileCommands.Carry(new ModelResult { Columns = columns, Rows = rows, StatementType = type, Affected = affected, QueryId = data.GetProperty("queryId").GetString() ?? "", Transfer = transfer });
    }

    private static void Check(JsonElement answer)
    {
        if (answer.GetProperty("success").GetBoolean()) return;
        var data = answer.GetProperty("data");
        var state = data.ValueKind == JsonValueKind.Object && data.TryGetProperty("sqlState", out var s) ? s.GetString() : null;
        var id = data.ValueKind == JsonValueKind.Object && data.TryGetProperty("queryId", out var q) ? q.GetString() : null;
        throw new ModelError(int.Parse(answer.GetProperty("code").GetString()!, System.Globalization.CultureInfo.InvariantCulture), state, answer.GetProperty("message").GetString() ?? "") { QueryId = id };
    }

    /// <summary>Asks until there is an answer: renews the token when it expired, and waits for results that take long.</summary>
    private JsonElement Answered(Func<JsonElement> ask)
    {
        var answer = ask();
        while (true)
        {
            var code = answer.GetProperty("code").GetString();
            if (code == "390112")
            {
                var old = token;
                token = masterToken;
                var renewed = Post("session/token-request?requestId=" + Guid.NewGuid(), new JsonObject { ["oldSessionToken"] = old, ["requestType"] = "RENEW" });
                Check(renewed);
                token = renewed.GetProperty("data").GetProperty("sessionToken").GetString()!;
                answer = ask();
            }
            else if (code == "333333")
            {
                var path = answer.GetProperty("data").GetProperty("getResultUrl").GetString()!.TrimStart('/');
                ask = () => Get(path);
                answer = ask();
            }
            else
            {
                Check(answer);
                return answer;
            }
        }
    }

    private JsonElement Post(string path, JsonObject body) => Send(() => new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) });

    private JsonElement Get(string path) => Send(() => new HttpRequestMessage(HttpMethod.Get, path));

    private JsonElement Send(Func<HttpRequestMessage> request)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var message = request();
                if (token.Length > 0) message.Headers.Authorization = new AuthenticationHeaderValue("Snowflake", $"Token=\"{token}\"");
                using var response = http.Send(message);
                using var stream = response.Content.ReadAsStream();
                return JsonDocument.Parse(stream).RootElement;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException or ObjectDisposedException)
            {
                // The same request id goes again, as the driver does it, only sooner and not for a minute.
                if (attempt == 3) throw new ConnectionLostException("and did not come back: " + e.Message);
                Thread.Sleep(20 << attempt);
            }
        }
    }
}
