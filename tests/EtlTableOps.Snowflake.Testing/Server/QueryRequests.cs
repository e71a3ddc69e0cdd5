using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>Statements on their way: each runs once, however often it is asked for by the same request id.</summary>
internal sealed class QueryRequests(SnowflakeServer server)
{
    private readonly ConcurrentDictionary<string, Request> byRequest = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Request> byQuery = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, JsonObject> children = new(StringComparer.Ordinal);

    /// <summary>The answer; null when the connection is to be dropped.</summary>
    public JsonObject? Run(ModelSession session, string requestId, JsonElement body)
    {
        var added = false;
        var request = byRequest.GetOrAdd(requestId, _ =>
        {
            added = true;
            return new Request(session);
        });
        if (added)
        {
            // The document ends with the HTTP request, the statement may not.
            var copy = body.Clone();
            request.Work = Task.Factory.StartNew(() => Execute(request, copy), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            request.Ready.Set();
        }
        else request.Ready.Wait();
        if (body.TryGetProperty("asyncExec", out var async) && async.ValueKind == JsonValueKind.True) return Pending(request, "333334");
        var answer = Wait(request);
        // A refusal of the session is not the statement's answer: after the renewal the same id comes again.
        if (answer is { } refused && (string?)refused["code"] is { } code && code.StartsWith("3901", StringComparison.Ordinal)) byRequest.TryRemove(requestId, out _);
        return answer;
    }

    public JsonObject? Result(string queryId)
    {
        if (children.TryGetValue(queryId, out var child)) return (JsonObject)child.DeepClone();
        return byQuery.TryGetValue(queryId, out var request) ? Wait(request) : SnowflakeServer.Failure(new ModelError(709, "02000", $"Statement {queryId} not found"));
    }

    public JsonObject Abort(string requestId)
    {
        if (byRequest.TryGetValue(requestId, out var request)) request.Session.Cancel();
        return SnowflakeServer.Success(null);
    }

    private JsonObject? Wait(Request request)
    {
        if (server.LongAfter is { } limit && !request.Work!.Wait(limit)) return Pending(request, "333333");
        var answer = request.Work!.Result;
        if (answer is null || request.Lost) return null;
        if (!request.DropOnce) return (JsonObject)answer.DeepClone();
        request.DropOnce = false;
        return null;
    }

    private static JsonObject Pending(Request request, string code)
    {
        request.Known.Wait();
        return SnowflakeServer.Success(new JsonObject { ["queryId"] = request.QueryId, ["getResultUrl"] = $"/queries/{request.QueryId}/result", ["queryAborted"] = false, ["progressDesc"] = null }, code, "Query execution in progress.");
    }

    private JsonObject? Execute(Request request, JsonElement body)
    {
        var session = request.Session;
        var sql = body.GetProperty("sqlText").GetString()!;
        string? tag = null;
        int? count = null;
        if (body.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object)
        {
            if (parameters.TryGetProperty("QUERY_TAG", out var given)) tag = given.GetString();
            if (parameters.TryGetProperty("MULTI_STATEMENT_COUNT", out var several)) count = int.Parse(several.ToString(), System.Globalization.CultureInfo.InvariantCulture);
        }
        try
        {
            var binds = Binds(body);
            if ((count ?? session.StatementCount) == 1 || binds.Count > 0) return One(request, sql, binds, tag);
            return Several(request, sql, count ?? session.StatementCount, tag);
        }
        catch (ModelError e)
        {
            request.DropOnce = Dropped(e.QueryId);
            return SnowflakeServer.Failure(e);
        }
        catch (ConnectionLostException)
        {
            request.Lost = true;
            return null;
        }
        finally
        {
            request.Known.Set();
        }
    }

    private JsonObject One(Request request, string sql, IReadOnlyList<ModelBind> binds, string? tag)
    {
        var result = request.Session.Execute(sql, binds, tag, id => Know(request, id));
        request.DropOnce = Dropped(result.QueryId);
        if (result.Transfer is not { } transfer) return SnowflakeServer.Success(Wire.Result(result, request.Session));
        var data = Wire.Result(result, request.Session);
        data["command"] = "UPLOAD";
        data["src_locations"] = new JsonArray(transfer.Source.StartsWith("file://", StringComparison.OrdinalIgnoreCase) ? transfer.Source[7..] : transfer.Source);
        data["parallel"] = 4;
        data["threshold"] = 209_715_200;
        data["autoCompress"] = transfer.Compress;
        data["overwrite"] = transfer.Overwrite;
        data["sourceCompression"] = "auto_detect";
        data["stageInfo"] = new JsonObject { ["locationType"] = "LOCAL_FS", ["location"] = transfer.Folder, ["path"] = "", ["region"] = "", ["isClientSideEncrypted"] = false, ["creds"] = new JsonObject() };
        return SnowflakeServer.Success(data);
    }

    private JsonObject Several(Request request, string sql, int count, string? tag)
    {
        var texts = Parser.Split(sql);
        if (count != 0 && texts.Count != count) throw new ModelError(8, "0A000", $"Actual statement count {texts.Count} did not match the desired statement count {count}.");
        var ids = new List<string>();
        var types = new List<string>();
        foreach (var text in texts)
        {
            JsonObject answer;
            var failed = false;
            var id = "";
            try
            {
                var result = request.Session.Execute(text, null, tag, i => id = i);
                types.Add(result.StatementType.ToString(System.Globalization.CultureInfo.InvariantCulture));
                answer = SnowflakeServer.Success(Wire.Result(result, request.Session));
            }
            catch (ModelError e)
            {
                types.Add(StatementTypes.Select.ToString(System.Globalization.CultureInfo.InvariantCulture));
                answer = SnowflakeServer.Failure(e);
                failed = true;
            }
            ids.Add(id);
            children[id] = answer;
            if (failed) break;
        }
        var parent = new ModelResult { Columns = [new ResultColumn("multiple statement execution", SfType.Text)], Rows = [["Multiple statements executed successfully."]], StatementType = 0xA000, QueryId = server.Model.NewQueryId() };
        Know(request, parent.QueryId);
        var data = Wire.Result(parent, request.Session);
        data["resultIds"] = string.Join(',', ids);
        data["resultTypes"] = string.Join(',', types);
        return SnowflakeServer.Success(data);
    }

    private bool Dropped(string? queryId) => queryId is not null && server.Model.Query(queryId) is { Dropped: true };

    private void Know(Request request, string queryId)
    {
        request.QueryId = queryId;
        byQuery[queryId] = request;
        request.Known.Set();
    }

    private static List<ModelBind> Binds(JsonElement body)
    {
        if (!body.TryGetProperty("bindings", out var bindings) || bindings.ValueKind != JsonValueKind.Object) return [];
        return [.. bindings.EnumerateObject().OrderBy(b => int.Parse(b.Name, System.Globalization.CultureInfo.InvariantCulture)).Select(b =>
        {
            var value = b.Value.GetProperty("value");
            if (value.ValueKind == JsonValueKind.Array) throw new ModelError(2, "0A000", "Unsupported feature 'array binds' in this model.");
            return Wire.Bind(b.Value.GetProperty("type").GetString()!, value.ValueKind == JsonValueKind.Null ? null : value.ToString());
        })];
    }

    private sealed class Request(ModelSession session)
    {
        public ModelSession Session { get; } = session;

        /// <summary>The work is set.</summary>
        public ManualResetEventSlim Ready { get; } = new();

        /// <summary>The query id is set.</summary>
        public ManualResetEventSlim Known { get; } = new();

        public string QueryId { get; set; } = "";

        public Task<JsonObject?>? Work { get; set; }

        public volatile bool Lost;

        public volatile bool DropOnce;
    }
}
