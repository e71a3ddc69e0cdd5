using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EtlTableOps.Testing;

/// <summary>What becomes of a commit on the way.</summary>
public enum CommitFate
{
    /// <summary>The server commits, and its answer never arrives.</summary>
    AnswerLost,

    /// <summary>The connection breaks before the server has heard of it.</summary>
    NeverSent,

    /// <summary>The client loses its connection first, and the server hears of the commit a while later.</summary>
    Late,
}

/// <summary>
/// A connection to PostgreSQL that breaks exactly at the commit of an exchange: a server on the loopback that hands everything on, until a
/// transaction that has renamed a table wants to commit.
/// </summary>
public sealed class CommitLoss : IAsyncDisposable
{
    /// <summary>Shorter than the silence after which the server ends a session of ours that holds locks.</summary>
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(700);

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly List<Task> running = [];
    private readonly int server;
    private readonly CommitFate fate;
    private readonly bool forGood;
    private int happened;

    /// <param name="server">The server's port on the loopback.</param>
    /// <param name="fate">What becomes of the commit; of the first one alone.</param>
    /// <param name="forGood">Whether the server stays out of reach from then on.</param>
    public CommitLoss(int server, CommitFate fate, bool forGood = false)
    {
        (this.server, this.fate, this.forGood) = (server, fate, forGood);
        listener.Start();
        running.Add(AcceptAsync());
    }

    /// <summary>Where to connect to.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Whether a commit was lost.</summary>
    public bool Happened => happened != 0;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        Task[] all;
        lock (running) all = [.. running];
        await Task.WhenAll(all).WaitAsync(TimeSpan.FromSeconds(30));
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var client = await listener.AcceptTcpClientAsync();
                if (forGood && Happened)
                {
                    client.Dispose();
                    continue;
                }
                lock (running) running.Add(CarryAsync(client));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using (client)
        {
            using var there = new TcpClient { NoDelay = true };
            client.NoDelay = true;
            await there.ConnectAsync(IPAddress.Loopback, server);
            await new Line(this, client, there).CarryAsync();
        }
    }

    /// <summary>One connection.</summary>
    private sealed class Line(CommitLoss owner, TcpClient client, TcpClient server)
    {
        private readonly TaskCompletionSource answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool lost;
        private bool renamed;

        public async Task CarryAsync()
        {
            var forth = ForthAsync();
            var back = BackAsync();
            await forth;
            server.Close();
            await back;
        }

        private async Task ForthAsync()
        {
            var buffer = new byte[65536];
            try
            {
                int length;
                while ((length = await client.GetStream().ReadAsync(buffer)) > 0)
                {
                    var text = Encoding.Latin1.GetString(buffer, 0, length);
                    if (renamed && text.Contains("COMMIT\0", StringComparison.Ordinal) && Interlocked.Exchange(ref owner.happened, 1) == 0)
                    {
                        await LoseAsync(buffer.AsMemory(0, length));
                        return;
                    }
                    if (text.Contains("BEGIN ISOLATION", StringComparison.Ordinal)) renamed = false;
                    if (text.Contains(" RENAME TO ", StringComparison.Ordinal)) renamed = true;
                    await server.GetStream().WriteAsync(buffer.AsMemory(0, length));
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // One side is gone; the other one goes too.
            }
        }

        private async Task LoseAsync(ReadOnlyMemory<byte> commit)
        {
            lost = true;
            if (owner.fate != CommitFate.AnswerLost) Cut();
            if (owner.fate == CommitFate.NeverSent) return;
            if (owner.fate == CommitFate.Late) await Task.Delay(Delay);
            await server.GetStream().WriteAsync(commit);
            await answered.Task.WaitAsync(TimeSpan.FromSeconds(30));
            if (owner.fate == CommitFate.AnswerLost) Cut();
        }

        /// <summary>As when the network breaks: no goodbye.</summary>
        private void Cut()
        {
            client.LingerState = new LingerOption(true, 0);
            client.Close();
        }

        private async Task BackAsync()
        {
            var buffer = new byte[65536];
            try
            {
                int length;
                while ((length = await server.GetStream().ReadAsync(buffer)) > 0)
                {
                    if (lost) answered.TrySetResult();
                    else await client.GetStream().WriteAsync(buffer.AsMemory(0, length));
                }
                // The server has ended the connection: so does the client's.
                if (!lost) client.Close();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
            {
                if (!lost) client.Close();
            }
        }
    }
}
