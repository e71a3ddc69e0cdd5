using System.Data.Common;
using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <summary>Uploads files to a stage by PUT, which the driver knows in its blocking calls alone.</summary>
/// <param name="connection">The session's connection.</param>
/// <param name="translate">Turns the driver's failure into a typed one, as the session does.</param>
/// <param name="quoting">Quotes names and texts.</param>
/// <param name="table">The table that the rows are for.</param>
internal sealed class SnowflakeUpload(DbConnection connection, Func<Exception, Sql, CancellationToken, EtlException> translate, ISqlQuoting quoting, TableName table)
{
    /// <summary>A name for a stage of this session alone, beside the table.</summary>
    public static TableName NewStage(TableName table) =>
        table with { Name = "ETLTABLEOPS_LOAD_" + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture).ToUpperInvariant() };

    /// <summary>Uploads a file as it is.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="stage">The stage, quoted.</param>
    /// <param name="compression">How it is compressed: <c>GZIP</c> or <c>NONE</c>.</param>
    /// <param name="token">Cancels.</param>
    public async Task PutAsync(string path, SqlText stage, string compression, CancellationToken token)
    {
        var url = "file://" + path.Replace('\\', '/');
        var put = Sql.Write(quoting, $"PUT {new SqlLiteral(url)} @{stage} SOURCE_COMPRESSION = {new SqlText(compression)} AUTO_COMPRESS = FALSE OVERWRITE = TRUE");
        (string Status, string? Message) answer;
        try
        {
            answer = await Task.Run(() => Put(put.Text, token), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not EtlException)
        {
            throw translate(e, put, token);
        }
        if (!answer.Status.Equals("UPLOADED", StringComparison.OrdinalIgnoreCase))
            throw new EtlException(ErrorCode.ImportFailed, table, $"a file of rows could not be uploaded to the stage ({answer.Status}){(string.IsNullOrEmpty(answer.Message) ? "" : ": " + answer.Message)}");
    }

    private (string Status, string? Message) Put(string sql, CancellationToken token)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 0;
        // A cancel waits for its answer; whoever cancels must not.
        using var cancelling = token.Register(() => Task.Run(command.Cancel, CancellationToken.None));
        token.ThrowIfCancellationRequested();
        using var reader = command.ExecuteReader();
        if (!reader.Read()) return ("no answer", null);
        // The driver makes this answer itself, with names of its own (5.7.0); those of the service's other tools stand second.
        return (Field(reader, "ResultStatus", "status") ?? "no status", Field(reader, "ErrorDetails", "message"));
    }

    private static string? Field(DbDataReader reader, params string[] names)
    {
        var at = Enumerable.Range(0, reader.FieldCount).FirstOrDefault(i => names.Contains(reader.GetName(i), StringComparer.OrdinalIgnoreCase), -1);
        return at < 0 || reader.IsDBNull(at) ? null : Convert.ToString(reader.GetValue(at), CultureInfo.InvariantCulture);
    }
}
