using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>A command with the driver's ways: question marks bound by the parameter's name as a position, MULTI_STATEMENT_COUNT as a parameter.</summary>
public sealed class ModelCommand : DbCommand
{
    private readonly ModelParameters parameters = [];
    private string text = "";

    /// <inheritdoc/>
    [AllowNull]
    public override string CommandText
    {
        get => text;
        set => text = value ?? "";
    }

    /// <summary>In seconds; 0 for none. When it is over, the server is told to cancel.</summary>
    public override int CommandTimeout { get; set; }

    /// <inheritdoc/>
    public override CommandType CommandType { get; set; } = CommandType.Text;

    /// <inheritdoc/>
    public override bool DesignTimeVisible { get; set; }

    /// <inheritdoc/>
    public override UpdateRowSource UpdatedRowSource { get; set; }

    /// <summary>The query tag is the connection's; kept so that code which sets it finds it.</summary>
    public string? QueryTag { get; set; }

    /// <inheritdoc/>
    protected override DbConnection? DbConnection { get; set; }

    /// <inheritdoc/>
    protected override DbParameterCollection DbParameterCollection => parameters;

    /// <inheritdoc/>
    protected override DbTransaction? DbTransaction { get; set; }

    /// <inheritdoc/>
    public override void Cancel() => ((ModelConnection?)DbConnection)?.Backend?.Cancel();

    /// <summary>Rows of DML statements; 0 for others, as the driver gives it.</summary>
    public override int ExecuteNonQuery() => (int)Run().Sum(r => r.Affected);

    /// <inheritdoc/>
    public override object? ExecuteScalar()
    {
        using var reader = ExecuteDbDataReader(CommandBehavior.Default);
        return reader.Read() ? reader.GetValue(0) : null;
    }

    /// <inheritdoc/>
    public override void Prepare()
    {
    }

    /// <inheritdoc/>
    public override Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken) => Async(ExecuteNonQuery, cancellationToken);

    /// <inheritdoc/>
    public override Task<object?> ExecuteScalarAsync(CancellationToken cancellationToken) => Async(ExecuteScalar, cancellationToken);

    /// <inheritdoc/>
    protected override DbParameter CreateDbParameter() => new ModelParameter();

    /// <inheritdoc/>
    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => new ModelDataReader(Run());

    /// <inheritdoc/>
    protected override Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken) => Async(() => ExecuteDbDataReader(behavior), cancellationToken);

    private async Task<T> Async<T>(Func<T> work, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        if (FileCommands.IsPut(text)) throw new NotImplementedException("Get and Put are not supported in async calls.  Use Execute() instead of ExecuteAsync().");
        using var registration = token.Register(Cancel);
        try
        {
            return await Task.Run(work, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ModelDbException e) when (e.ErrorCode == 604 && token.IsCancellationRequested)
        {
            throw new TaskCanceledException(e.Message, e, token);
        }
    }

    private IReadOnlyList<ModelResult> Run()
    {
        if (DbConnection is not ModelConnection { State: ConnectionState.Open, Backend: { } backend } connection) throw new ModelDbException(270059, "08003", null, "Executing command on a non-opened connection.");
        using var timer = CommandTimeout > 0 ? new Timer(_ => backend.Cancel(), null, TimeSpan.FromSeconds(CommandTimeout), Timeout.InfiniteTimeSpan) : null;
        try
        {
            return backend.Execute(text, parameters.Binds(), parameters.Statements);
        }
        catch (ModelError e)
        {
            if (e.Code is 390111 or 390112 or 390114) connection.Break();
            throw ModelDbException.Of(e);
        }
        catch (ConnectionLostException e)
        {
            connection.Break();
            // What the driver ends in when a server is lost in mid-statement: it looks like a cancel.
            throw new AggregateException(new TaskCanceledException("A task was canceled.", e));
        }
    }
}

/// <summary>A parameter; its name is its position, from "1".</summary>
public sealed class ModelParameter : DbParameter
{
    /// <inheritdoc/>
    public override DbType DbType { get; set; } = DbType.String;

    /// <inheritdoc/>
    public override ParameterDirection Direction { get; set; } = ParameterDirection.Input;

    /// <inheritdoc/>
    public override bool IsNullable { get; set; }

    /// <inheritdoc/>
    [AllowNull]
    public override string ParameterName { get; set; } = "";

    /// <inheritdoc/>
    public override int Size { get; set; }

    /// <inheritdoc/>
    [AllowNull]
    public override string SourceColumn { get; set; } = "";

    /// <inheritdoc/>
    public override bool SourceColumnNullMapping { get; set; }

    /// <inheritdoc/>
    public override object? Value { get; set; }

    /// <inheritdoc/>
    public override void ResetDbType() => DbType = DbType.String;

    internal ModelBind Bind() => Value switch
    {
        null or DBNull => new ModelBind(SfType.Text, null),
        string value => new ModelBind(SfType.Text, value),
        char value => new ModelBind(SfType.Text, value.ToString()),
        Guid value => new ModelBind(SfType.Text, value.ToString()),
        bool value => new ModelBind(SfType.Boolean, value),
        sbyte or byte or short or ushort or int or uint or long or ulong => new ModelBind(SfType.Integer, Convert.ToDecimal(Value, CultureInfo.InvariantCulture)),
        decimal value => new ModelBind(SfType.Number(38, (decimal.GetBits(value)[3] >> 16) & 0xFF), value),
        float or double => new ModelBind(SfType.Real, Convert.ToDouble(Value, CultureInfo.InvariantCulture)),
        DateTime value => DbType == DbType.Date ? new ModelBind(SfType.Date, Moment.Of(value).Day) : new ModelBind(SfType.Ntz, Moment.Of(value)),
        DateTimeOffset value => new ModelBind(SfType.Tz, Moment.Of(value)),
        TimeSpan value => new ModelBind(new SfType(SfKind.Time, Scale: 9), new Moment(value.Ticks / TimeSpan.TicksPerSecond, (int)(value.Ticks % TimeSpan.TicksPerSecond) * 100)),
        byte[] value => new ModelBind(SfType.Binary, value),
        _ => throw new ModelDbException(270004, "0A000", null, $"No Snowflake type for {Value.GetType()}."),
    };
}

internal sealed class ModelParameters : DbParameterCollection
{
    private const string Count1 = "MULTI_STATEMENT_COUNT";

    private readonly List<ModelParameter> all = [];

    public override int Count => all.Count;

    public override object SyncRoot => all;

    /// <summary>How many statements the text has; null when nothing was said.</summary>
    public int? Statements => all.Find(p => p.ParameterName == Count1) is { } count ? Convert.ToInt32(count.Value, CultureInfo.InvariantCulture) : null;

    public IReadOnlyList<ModelBind> Binds() => [.. all.Where(p => p.ParameterName != Count1).OrderBy(p => int.Parse(p.ParameterName, CultureInfo.InvariantCulture)).Select(p => p.Bind())];

    public override int Add(object value)
    {
        all.Add((ModelParameter)value);
        return all.Count - 1;
    }

    public override void AddRange(Array values)
    {
        foreach (var value in values) Add(value!);
    }

    public override void Clear() => all.Clear();

    public override bool Contains(object value) => all.Contains((ModelParameter)value);

    public override bool Contains(string value) => IndexOf(value) >= 0;

    public override void CopyTo(Array array, int index) => ((System.Collections.ICollection)all).CopyTo(array, index);

    public override System.Collections.IEnumerator GetEnumerator() => all.GetEnumerator();

    public override int IndexOf(object value) => all.IndexOf((ModelParameter)value);

    public override int IndexOf(string parameterName) => all.FindIndex(p => p.ParameterName == parameterName);

    public override void Insert(int index, object value) => all.Insert(index, (ModelParameter)value);

    public override void Remove(object value) => all.Remove((ModelParameter)value);

    public override void RemoveAt(int index) => all.RemoveAt(index);

    public override void RemoveAt(string parameterName) => all.RemoveAt(IndexOf(parameterName));

    protected override DbParameter GetParameter(int index) => all[index];

    protected override DbParameter GetParameter(string parameterName) => all[IndexOf(parameterName)];

    protected override void SetParameter(int index, DbParameter value) => all[index] = (ModelParameter)value;

    protected override void SetParameter(string parameterName, DbParameter value) => all[IndexOf(parameterName)] = (ModelParameter)value;
}
