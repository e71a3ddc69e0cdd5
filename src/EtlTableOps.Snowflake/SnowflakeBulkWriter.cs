using System.Data.Common;
using System.Globalization;
using System.Text;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <summary>
/// Loads rows through compressed files in a temporary stage: each is uploaded by PUT and deleted here when it is full, while the next is being
/// written, and one COPY INTO takes all of them at the end. So nothing is in the table before the end, and nothing when it fails; the stage
/// ends with its session.
/// </summary>
internal sealed class SnowflakeBulkWriter : IBulkWriter
{
    /// <summary>Compressed bytes of a file: small enough to be uploaded side by side with writing the next, big enough that few are needed.</summary>
    public const long UsualFileSize = 64L * 1024 * 1024;

    private readonly IEngineSession session;
    private readonly SnowflakeUpload uploads;
    private readonly ISqlQuoting quoting;
    private readonly TableName table;
    private readonly SnowflakeTextForm[] forms;
    private readonly string stage;
    private readonly SnowflakeFiles files;
    private readonly List<SnowflakeFile> uploaded = [];
    private Task upload = Task.CompletedTask;

    private SnowflakeBulkWriter(SnowflakeBulkLoad load, string stage)
    {
        session = load.Session;
        uploads = new SnowflakeUpload(load.Connection, load.Translate, load.Quoting, load.Table);
        quoting = load.Quoting;
        table = load.Table;
        forms = [.. load.Columns.Select(SnowflakeTextForm.Of)];
        this.stage = stage;
        files = new SnowflakeFiles(load.FileSize);
    }

    /// <summary>The folder of the files, for tests.</summary>
    internal string Folder => files.Folder;

    /// <summary>Makes the stage and the writer.</summary>
    public static async Task<SnowflakeBulkWriter> BeginAsync(SnowflakeBulkLoad load, CancellationToken token)
    {
        var stage = SqlText.Write(load.Quoting, $"{SnowflakeUpload.NewStage(load.Table)}");
        await load.Session.ExecuteAsync(Sql.Write(load.Quoting, $"CREATE TEMPORARY STAGE {stage}"), token).ConfigureAwait(false);
        // DDL has ended the transaction that was begun for the load (Transactions, DDL), in which nothing was written yet.
        if (load.InTransaction) await load.Session.ExecuteAsync(new Sql("BEGIN"), token).ConfigureAwait(false);
        return new SnowflakeBulkWriter(load, stage.Text);
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(object?[] values, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(values);
        for (var i = 0; i < forms.Length; i++) files.WriteField(TextOf(forms[i], values[i]));
        // A null in a table of one column would be an empty line, which is no row.
        if (forms.Length == 1) files.WriteField(null);
        return files.EndRow() ? new ValueTask(FlushAsync(token)) : ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<long> CompleteAsync(CancellationToken token)
    {
        await UploadAsync(await files.CompleteAsync(token).ConfigureAwait(false), token).ConfigureAwait(false);
        await upload.ConfigureAwait(false);
        if (uploaded.Count == 0) return 0;
        var copy = Copy();
        long loaded;
        try
        {
            loaded = (await session.QueryAsync(copy, r => Convert.ToInt64(r["rows_loaded"], CultureInfo.InvariantCulture), token).ConfigureAwait(false)).Sum();
        }
        catch (EtlException e) when (Refused(e) is BadValueException refused)
        {
            throw refused;
        }
        return loaded == files.Rows ? loaded : throw new EtlException(ErrorCode.ImportFailed, table, string.Create(CultureInfo.InvariantCulture, $"{files.Rows} rows were uploaded, and the server says that it loaded {loaded}"));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await upload.ConfigureAwait(false);
        }
        catch (Exception e) when (e is EtlException or IOException or UnauthorizedAccessException)
        {
            // The load is abandoned, or this failure has been told already.
        }
        finally
        {
            files.Dispose();
        }
    }

    /// <summary>The statement that loads all files.</summary>
    private Sql Copy()
    {
        var names = forms.Select(f => new Id(f.Column.Name));
        var fields = new SqlText(string.Join(", ", forms.Select((f, i) => f.Read(string.Create(CultureInfo.InvariantCulture, $"${i + 1}")))));
        return Sql.Write(quoting, $@"COPY INTO {table} ({names}) FROM (SELECT {fields} FROM @{new SqlText(stage)}) FILE_FORMAT = (TYPE = CSV COMPRESSION = GZIP FIELD_DELIMITER = ',' RECORD_DELIMITER = '\n' FIELD_OPTIONALLY_ENCLOSED_BY = '""' ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () EMPTY_FIELD_AS_NULL = TRUE TRIM_SPACE = FALSE ENCODING = 'UTF8') ON_ERROR = ABORT_STATEMENT");
    }

    private string? TextOf(SnowflakeTextForm form, object? value)
    {
        if (value is null or DBNull) return form.Column.Nullable ? null : throw Bad(form, "there is no value, and the column takes no null");
        try
        {
            var text = form.Write(value);
            return IsUnicode(text) ? text : throw Bad(form, "the text is no valid Unicode: half of a surrogate pair stands alone in it");
        }
        catch (FormatException e)
        {
            throw Bad(form, e.Message, e);
        }
    }

    private static bool IsUnicode(string text)
    {
        for (var rest = text.AsSpan(); rest.IndexOfAnyInRange('\ud800', '\udfff') is >= 0 and var at;)
        {
            if (Rune.DecodeFromUtf16(rest[at..], out _, out var taken) != System.Buffers.OperationStatus.Done) return false;
            rest = rest[(at + taken)..];
        }
        return true;
    }

    private BadValueException Bad(SnowflakeTextForm form, string why, Exception? inner = null) => new(files.Rows, form.Column.Name, why, inner);

    private async Task FlushAsync(CancellationToken token) =>
        await UploadAsync(await files.FlushAsync(token).ConfigureAwait(false), token).ConfigureAwait(false);

    private async Task UploadAsync(SnowflakeFile? file, CancellationToken token)
    {
        if (file is null) return;
        // One at a time: the disk holds two files at the most, and the connection is for one statement.
        await upload.ConfigureAwait(false);
        uploaded.Add(file);
        upload = PutAsync(file, token);
    }

    private async Task PutAsync(SnowflakeFile file, CancellationToken token)
    {
        await uploads.PutAsync(file.Path, new SqlText(stage), "GZIP", token).ConfigureAwait(false);
        File.Delete(file.Path);
    }

    /// <summary>The row that the server refused; null when it named none of ours.</summary>
    private BadValueException? Refused(EtlException failure)
    {
        if (SnowflakeCopyFailure.Of(failure) is not { } refused || uploaded.Find(f => refused.File.EndsWith(f.Name, StringComparison.Ordinal)) is not { } file) return null;
        return new BadValueException(file.FirstRow + (refused.Row ?? refused.Line) - 1, refused.ColumnOf([.. forms.Select(f => f.Column.Name)]), refused.Why, failure);
    }
}

/// <summary>What a load needs.</summary>
/// <param name="Session">Runs all statements but the upload.</param>
/// <param name="Connection">The session's connection, for the upload, which the driver does in a blocking call alone.</param>
/// <param name="Translate">Turns the driver's failure of an upload into a typed one, as the session does.</param>
/// <param name="Quoting">Quotes names and texts.</param>
/// <param name="Table">The table, with its schema.</param>
/// <param name="Columns">The columns, in the order of the values.</param>
internal sealed record SnowflakeBulkLoad(IEngineSession Session, DbConnection Connection, Func<Exception, Sql, CancellationToken, EtlException> Translate, ISqlQuoting Quoting, TableName Table, IReadOnlyList<Column> Columns)
{
    /// <summary>A transaction is open, in which nothing was written yet.</summary>
    public bool InTransaction { get; init; }

    /// <summary>Compressed bytes of a file.</summary>
    public long FileSize { get; init; } = SnowflakeBulkWriter.UsualFileSize;
}
