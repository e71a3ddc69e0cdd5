using System.Globalization;
using System.Text;

namespace EtlTableOps.Cli.Demo;

/// <summary>The file of new events that the demo writes and then imports.</summary>
internal static class DemoFile
{
    /// <summary>Writes it. Its header has another order than the table, as other people's files do.</summary>
    public static async Task WriteAsync(string path, DemoEvents events, CancellationToken token)
    {
        await using var writer = new StreamWriter(path, false, new UTF8Encoding(false), 1 << 16);
        await writer.WriteLineAsync($"event_ts,event_id,event_type,{DemoChange.AddedColumn},user_id,country,amount,payload".AsMemory(), token);
        for (var i = 0L; i < events.FileRows; i++)
        {
            var row = events.OfFile(i);
            var payload = row.Payload.Replace("\"", "\"\"", StringComparison.Ordinal);
            await writer.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{DemoChange.Moment(row.At)},{row.Id},{row.Type},{row.Band},{row.User},{row.Country},{row.Amount},\"{payload}\"").AsMemory(), token);
        }
    }
}
