using System.Collections;
using System.Data;
using System.Management.Automation;
using System.Threading.Channels;
using EtlTableOps.Imports;

namespace EtlTableOps.PowerShell.Binding;

/// <summary>
/// Rows from the objects of a pipeline. The pipeline thread adds, the import reads on another thread; between them is room for
/// a bounded number of rows, so that a fast source does not fill the memory. The first object's properties are the columns.
/// </summary>
internal sealed class ObjectRows : IRowSource
{
    private const int Room = 2048;

    // The importer takes a line that a failure brings along before the one that was read last.
    private const string LineOfFailure = "line";

    private readonly Channel<object?[]> channel = Channel.CreateBounded<object?[]>(new BoundedChannelOptions(Room) { SingleReader = true, SingleWriter = true });
    private readonly Dictionary<string, int> index = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> columns = [];
    private long added;

    /// <summary>Takes the columns of the first object; the object itself is still to be added.</summary>
    public ObjectRows(PSObject first)
    {
        foreach (var (name, _) in Entries(first, 1))
        {
            if (index.TryAdd(name, columns.Count)) columns.Add(name);
        }
        if (columns.Count == 0) throw Bad(1, "", "an object without properties is no row");
    }

    public string Name => "pipeline";

    public long Line { get; private set; }

    public long Position => Line;

    public long Length => -1;

    public ValueTask<IReadOnlyList<string>> ReadColumnsAsync(CancellationToken token) => ValueTask.FromResult<IReadOnlyList<string>>(columns);

    public async ValueTask<bool> ReadAsync(object?[] values, CancellationToken token)
    {
        if (!await channel.Reader.WaitToReadAsync(token).ConfigureAwait(false) || !channel.Reader.TryRead(out var row)) return false;
        Line++;
        row.CopyTo(values, 0);
        return true;
    }

    /// <summary>Makes a row of an object.</summary>
    /// <exception cref="BadValueException">It has a property that the first one has not, or a value that is no column's.</exception>
    public object?[] ToRow(PSObject item)
    {
        added++;
        var row = new object?[columns.Count];
        foreach (var (name, value) in Entries(item, added))
        {
            // A value left out in silence would be a row that is not the one that was given.
            if (!index.TryGetValue(name, out var at)) throw Bad(added, name, "the first object has no such property");
            row[at] = ToValue(name, value);
        }
        return row;
    }

    /// <summary>Hands a row over; false when there is no room now.</summary>
    public bool TryAdd(object?[] row) => channel.Writer.TryWrite(row);

    /// <summary>Completes when there is room.</summary>
    public Task WaitForRoomAsync(CancellationToken token) => channel.Writer.WaitToWriteAsync(token).AsTask();

    /// <summary>No more rows come; with a failure, the import hears of it at this place and keeps nothing.</summary>
    public void Complete(Exception? failure = null) => channel.Writer.TryComplete(failure);

    public ValueTask DisposeAsync()
    {
        Complete();
        return ValueTask.CompletedTask;
    }

    private static IEnumerable<(string Name, object? Value)> Entries(PSObject item, long number)
    {
        switch (item.BaseObject)
        {
            case IDictionary entries:
                foreach (DictionaryEntry entry in entries) yield return (entry.Key.ToString() ?? "", entry.Value);
                break;
            case DataRow row:
                foreach (DataColumn column in row.Table.Columns) yield return (column.ColumnName, row[column]);
                break;
            case string or ValueType:
                throw Bad(number, "", $"'{item.BaseObject}' is a plain value; a row is an object whose properties are its columns");
            default:
                foreach (var property in item.Properties)
                {
                    if (property.IsGettable) yield return (property.Name, Get(property, number));
                }
                break;
        }
    }

    private static object? Get(PSPropertyInfo property, long number)
    {
        try
        {
            return property.Value;
        }
        catch (GetValueException e)
        {
            throw Bad(number, property.Name, e.Message, e);
        }
    }

    /// <summary>A failure at an object, the first of which is number 1.</summary>
    private static BadValueException Bad(long number, string column, string message, Exception? inner = null) =>
        new(number - 1, column, message, inner) { Data = { [LineOfFailure] = number } };

    private object? ToValue(string name, object? value) => Unwrap.One(value) switch
    {
        null or DBNull => null,
        string or byte[] => Unwrap.One(value),
        Enum word => word.ToString(),
        char one => one.ToString(),
        ValueType plain => plain,
        Uri or Version => Unwrap.One(value)!.ToString(),
        // Its text would be a type's name or a list without structure.
        _ => throw Bad(added, name, "the value is an object or a list; make it text first, with ConvertTo-Json for example"),
    };
}
